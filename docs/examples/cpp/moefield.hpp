/* moefield.hpp - libmoefield from C++17: objects that own their handles, exceptions for statuses, experts from
 * functions.
 *
 * Header only: copy it, compile with `pkg-config --cflags --libs moefield`. What a function computes, its shapes and
 * its errors stand in the C headers; names here are theirs without the prefix. Arrays are flat and row-major, as
 * there: a span over what you have goes in, a std::vector comes out. Objects may be moved, not copied, and destroyed
 * in any order. A status other than MOE_OK is thrown as moefield::error; an exception of a callback, on whichever
 * thread it was thrown, comes out of the call that led to it, and never crosses C.
 *
 *   moefield::context context;
 *   auto expert = moefield::expert(context, {1, 1, 1, {2 * pi}}, values, pullback);
 *   moefield::model model(context, expert, x, y);
 *   moefield::limit limit(context, model, moefield::law(context, {2 * pi}), {5.0}, 1e-9);
 *   limit.solve();
 *
 * SPDX-License-Identifier: MIT */
#ifndef MOEFIELD_HPP
#define MOEFIELD_HPP

#include <moefield/moefield.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace moefield
{

/* ---- views --------------------------------------------------------------------------------------- */

/* count numbers that somebody else owns; std::span's little brother */
template <class T> class span
{
  public:
    constexpr span() = default;
    constexpr span(T *data, std::size_t size) : data_(data), size_(size)
    {
    }
    template <class Range, class = decltype(std::declval<Range &>().data())>
    constexpr span(Range &&range) : data_(range.data()), size_(range.size())
    {
    }
    /* of a braced list, for the call that it stands in */
    template <class U = T, class = std::enable_if_t<std::is_const_v<U>>>
    constexpr span(std::initializer_list<std::remove_const_t<T>> list) : size_(list.size())
    {
        data_ = list.begin();
    }
    constexpr T *data() const
    {
        return data_;
    }
    constexpr std::size_t size() const
    {
        return size_;
    }
    constexpr bool empty() const
    {
        return size_ == 0;
    }
    constexpr T &operator[](std::size_t i) const
    {
        return data_[i];
    }
    constexpr T *begin() const
    {
        return data_;
    }
    constexpr T *end() const
    {
        return data_ + size_;
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

using numbers = span<const double>;
using integers = span<const std::int64_t>;

/* ---- errors -------------------------------------------------------------------------------------- */

/* what(): the status's symbol and the library's sentence */
class error : public std::runtime_error
{
  public:
    error(std::int32_t status, const std::string &sentence)
        : std::runtime_error(std::string(moe_status_name(status)) + ": " +
                             (sentence.empty() ? moe_status_text(status) : sentence.c_str())),
          status_(status)
    {
    }
    std::int32_t status() const noexcept
    {
        return status_;
    }

  private:
    std::int32_t status_;
};

/* thrown by an expert for a failure that a shorter step in time may cure */
struct retry : std::exception {
    const char *what() const noexcept override
    {
        return "a shorter step may do";
    }
};

namespace detail
{

/* Exceptions of callbacks wait here under the number that the callback returned, which the failed call's context
 * gives back (moe_context_callback_status). */
class waiting
{
  public:
    static std::int32_t put(std::exception_ptr thrown)
    {
        const std::lock_guard<std::mutex> guard(lock());
        const std::int32_t token = -1000000 - static_cast<std::int32_t>(next()++ % 1000000000u);
        all()[token] = std::move(thrown);
        return token;
    }
    static std::exception_ptr take(std::int32_t token)
    {
        const std::lock_guard<std::mutex> guard(lock());
        const auto found = all().find(token);
        if (found == all().end())
            return nullptr;
        const std::exception_ptr thrown = found->second;
        all().erase(found);
        return thrown;
    }

  private:
    static std::mutex &lock()
    {
        static std::mutex mutex;
        return mutex;
    }
    static std::uint32_t &next()
    {
        static std::uint32_t count = 0;
        return count;
    }
    static std::map<std::int32_t, std::exception_ptr> &all()
    {
        static std::map<std::int32_t, std::exception_ptr> map;
        return map;
    }
};

/* call() for C: 0, 1 for retry, or where its exception waits */
template <class Call> std::int32_t guarded(Call &&call) noexcept
{
    try {
        call();
        return 0;
    } catch (const retry &) {
        return 1;
    } catch (...) {
        return waiting::put(std::current_exception());
    }
}

/* what a context and everything made in it share */
struct shared_context {
    moe_context *handle = nullptr;
    std::function<bool(std::string_view, double)> progress;
    std::exception_ptr thrown; /* by progress */

    ~shared_context()
    {
        moe_context_destroy(handle);
    }

    void settle(std::int32_t status)
    {
        const std::exception_ptr mine = std::exchange(thrown, nullptr);
        if (status == MOE_OK)
            return;
        if (mine && status == MOE_ERROR_CANCELLED)
            std::rethrow_exception(mine);
        if (status == MOE_ERROR_CALLBACK)
            if (const auto theirs = waiting::take(moe_context_callback_status(handle)))
                std::rethrow_exception(theirs);
        throw error(status, moe_context_error(handle));
    }
};

/* a handle, the function that frees it, and the context where its errors are */
template <class H, void (*Free)(H *)> class owner
{
  public:
    H *get() const noexcept
    {
        return handle_.get();
    }
    explicit operator bool() const noexcept
    {
        return static_cast<bool>(handle_);
    }

  protected:
    explicit owner(std::shared_ptr<shared_context> context) : context_(std::move(context))
    {
    }
    void check(std::int32_t status) const
    {
        there().settle(status);
    }
    moe_context *in() const
    {
        return there().handle;
    }
    void own(H *handle)
    {
        handle_.reset(handle);
    }

    shared_context &there() const
    {
        if (!context_)
            throw std::logic_error("moefield: this object has been moved from");
        return *context_;
    }

    struct releaser {
        void operator()(H *handle) const noexcept
        {
            Free(handle);
        }
    };
    std::shared_ptr<shared_context> context_;
    std::unique_ptr<H, releaser> handle_;
};

inline std::int64_t size(std::size_t count)
{
    return static_cast<std::int64_t>(count);
}

/* data of `count` numbers, or NULL for none */
template <class T> const T *need(span<const T> given, std::int64_t count, const char *what)
{
    if (size(given.size()) != count)
        throw std::invalid_argument(std::string(what) + " has " + std::to_string(given.size()) +
                                    " numbers, not " + std::to_string(count));
    return given.data();
}

/* how many rows of `width` there are */
inline std::int64_t rows(numbers given, std::int64_t width, const char *what)
{
    if (width < 1 || size(given.size()) % width)
        throw std::invalid_argument(std::string(what) + " has " + std::to_string(given.size()) +
                                    " numbers, no rows of " + std::to_string(width));
    return size(given.size()) / width;
}

inline std::vector<double> room(std::int64_t count)
{
    return std::vector<double>(static_cast<std::size_t>(count));
}

} // namespace detail

/* ---- context ------------------------------------------------------------------------------------- */

class context
{
  public:
    explicit context(std::int32_t threads = 1) : shared_(std::make_shared<detail::shared_context>())
    {
        const std::int32_t status = moe_context_create(nullptr, &shared_->handle);
        if (status != MOE_OK)
            throw error(status, "");
        if (threads != 1)
            set_threads(threads);
    }
    void set_threads(std::int32_t threads)
    {
        shared_->settle(moe_context_set_threads(get(), threads));
    }
    // blocks of `least` bytes or more in files of the directory; null: in memory again
    void set_mapping(const char *directory, std::int64_t least = std::int64_t{1} << 20)
    {
        shared_->settle(moe_context_set_mapping(get(), directory, least));
    }

    /* progress(what, part) true: cancel. An exception of its cancels too, and comes out of the call. */
    void set_progress(std::function<bool(std::string_view, double)> progress)
    {
        shared_->progress = std::move(progress);
        shared_->settle(moe_context_set_progress(get(), shared_->progress ? tell : nullptr, shared_.get()));
    }
    /* from any thread */
    void cancel() noexcept
    {
        moe_context_cancel(get());
    }
    moe_context *get() const noexcept
    {
        return shared_->handle;
    }
    const std::shared_ptr<detail::shared_context> &shared() const noexcept
    {
        return shared_;
    }

  private:
    static std::int32_t tell(void *self, const char *what, double part) noexcept
    {
        auto *shared = static_cast<detail::shared_context *>(self);
        try {
            return shared->progress(what, part) ? 1 : 0;
        } catch (...) {
            shared->thrown = std::current_exception();
            return 1;
        }
    }
    std::shared_ptr<detail::shared_context> shared_;
};

/* ---- experts ------------------------------------------------------------------------------------- */

struct shape {
    std::int64_t d, p, K;       /* parameters, inputs, outputs */
    std::vector<double> period; /* d of them, INFINITY for a real coordinate */
};

struct constants {
    double value, gradient, curvature; /* sup |f|, sup |Df|, Lip(Df) */
};

/* values(theta, x, f):       f[i,j,k] = f_k(theta_i, x_j), flat arrays, count = theta.size() / d
 * pullback(theta, x, r, g):  g[i,a] = sum_jk r[j,k] d f_k(theta_i, x_j) / d theta_a */
using values_function = std::function<void(numbers theta, numbers x, span<double> f)>;
using pullback_function = std::function<void(numbers theta, numbers x, numbers r, span<double> g)>;

class expert : public detail::owner<moe_expert, moe_expert_destroy>
{
  public:
    static constexpr std::uint64_t pure = MOE_EXPERT_PURE, thread_safe = MOE_EXPERT_THREAD_SAFE;

    expert(const context &in, const shape &of, values_function values, pullback_function pullback,
           std::uint64_t promises = pure, const constants *bounds = nullptr)
        : owner(in.shared())
    {
        if (of.period.size() != static_cast<std::size_t>(of.d))
            throw std::invalid_argument("an expert's shape needs d periods");
        auto self = std::make_unique<functions>(functions{
            of.d, of.p, of.K, std::move(values), std::move(pullback), bounds ? *bounds : constants{}});
        moe_expert_ops ops = {};
        ops.struct_size = sizeof ops;
        ops.flags = promises;
        ops.values = call_values;
        ops.pullback = call_pullback;
        ops.bounds = bounds ? call_bounds : nullptr;
        ops.destroy = [](void *gone) { delete static_cast<functions *>(gone); };
        moe_expert *made = nullptr;
        check(moe_expert_create(this->in(), &ops, self.get(), of.d, of.p, of.K, of.period.data(), &made));
        self.release(); /* the library's now */
        own(made);
    }

    std::int64_t d() const
    {
        return moe_expert_parameters(get());
    }
    std::int64_t p() const
    {
        return moe_expert_inputs(get());
    }
    std::int64_t K() const
    {
        return moe_expert_outputs(get());
    }
    numbers period() const
    {
        return {moe_expert_period(get()), static_cast<std::size_t>(d())};
    }

    std::vector<double> values(numbers theta, numbers x) const
    {
        const auto count = detail::rows(theta, d(), "theta"), n = detail::rows(x, p(), "x");
        auto f = detail::room(count * n * K());
        check(moe_expert_values(in(), get(), n, x.data(), count, theta.data(), f.data()));
        return f;
    }
    std::vector<double> pullback(numbers theta, numbers x, numbers r) const
    {
        const auto count = detail::rows(theta, d(), "theta"), n = detail::rows(x, p(), "x");
        auto g = detail::room(count * d());
        check(moe_expert_pullback(in(), get(), n, x.data(), count, theta.data(),
                                  detail::need(r, n * K(), "r"), g.data()));
        return g;
    }
    /* throws error (MOE_ERROR_CHECK) with the first fault that it finds */
    void check_promises(numbers theta, numbers x) const
    {
        const auto count = detail::rows(theta, d(), "theta"), n = detail::rows(x, p(), "x");
        check(moe_expert_check(in(), get(), n, x.data(), count, theta.data()));
    }
    constants bounds() const
    {
        constants of{};
        check(moe_expert_bounds(in(), get(), &of.value, &of.gradient, &of.curvature));
        return of;
    }

  private:
    friend class circuit;
    expert(std::shared_ptr<detail::shared_context> in, moe_expert *made) : owner(std::move(in))
    {
        own(made);
    }

    struct functions {
        std::int64_t d, p, K;
        values_function values;
        pullback_function pullback;
        constants bounds;
    };
    static std::size_t product(std::int64_t a, std::int64_t b, std::int64_t c = 1)
    {
        return static_cast<std::size_t>(a * b * c);
    }
    static std::int32_t call_values(void *self, void *, std::int64_t n, const double *x, std::int64_t count,
                                    const double *theta, double *f, void *) noexcept
    {
        auto *of = static_cast<functions *>(self);
        return detail::guarded([&] {
            of->values({theta, product(count, of->d)}, {x, product(n, of->p)}, {f, product(count, n, of->K)});
        });
    }
    static std::int32_t call_pullback(void *self, void *, void *, std::int64_t n, const double *x,
                                      std::int64_t count, const double *theta, const double *r, double *g,
                                      void *) noexcept
    {
        auto *of = static_cast<functions *>(self);
        return detail::guarded([&] {
            of->pullback({theta, product(count, of->d)}, {x, product(n, of->p)}, {r, product(n, of->K)},
                         {g, product(count, of->d)});
        });
    }
    static std::int32_t call_bounds(void *self, double *value, double *gradient, double *curvature) noexcept
    {
        const auto &of = static_cast<functions *>(self)->bounds;
        *value = of.value, *gradient = of.gradient, *curvature = of.curvature;
        return 0;
    }
};

class circuit : public detail::owner<qnn_circuit, qnn_circuit_destroy>
{
  public:
    circuit(const context &in, std::int64_t qubits, std::int64_t parameters, std::int64_t inputs,
            std::int64_t outputs)
        : owner(in.shared())
    {
        qnn_circuit *made = nullptr;
        check(qnn_circuit_create(this->in(), qubits, parameters, inputs, outputs, &made));
        own(made);
    }
    /* from OpenQASM 3 */
    static circuit read(const context &in, std::string_view text)
    {
        circuit made(in.shared());
        qnn_circuit *handle = nullptr;
        made.check(qnn_circuit_read(made.in(), text.data(), detail::size(text.size()), &handle));
        made.own(handle);
        return made;
    }
    void gate(const char *name, integers qubits)
    {
        const std::string_view gate(name);
        const bool two = gate == "CNOT" || gate == "CZ" || gate == "SWAP";
        std::array<std::int64_t, 8> named; /* more than are used, for gates that a later library may know */
        named.fill(-1);
        detail::need(qubits, two ? 2 : 1, "qubits");
        for (std::size_t i = 0; i < qubits.size(); i++)
            named[i] = qubits.data()[i];
        check(qnn_circuit_gate(get(), name, named.data()));
    }
    /* no qubits: a letter for each of the circuit's */
    void rotation(const char *pauli, integers qubits, std::int32_t source, std::int64_t index,
                  double scale = 1, double shift = 0)
    {
        if (!qubits.empty())
            detail::need(qubits, detail::size(std::string_view(pauli).size()), "qubits");
        check(qnn_circuit_rotation(get(), pauli, qubits.data(), source, index, scale, shift));
    }
    void observable(std::int64_t output, double coefficient, const char *pauli)
    {
        check(qnn_circuit_observable(get(), output, coefficient, pauli));
    }
    std::string write() const
    {
        std::int64_t length = 0;
        qnn_circuit_write(get(), nullptr, 0, &length);
        std::string text(static_cast<std::size_t>(length) + 1, '\0');
        check(qnn_circuit_write(get(), text.data(), length + 1, &length));
        text.resize(std::char_traits<char>::length(text.c_str()));
        return text;
    }
    moefield::expert make_expert(numbers period = {}) const
    {
        std::int64_t d = 0;
        while (!std::isnan(qnn_circuit_period(get(), d)))
            d++;
        if (!period.empty())
            detail::need(period, d, "period");
        moe_expert *made = nullptr;
        check(qnn_expert_create(in(), get(), period.data(), &made));
        return moefield::expert(context_, made);
    }

  private:
    explicit circuit(std::shared_ptr<detail::shared_context> in) : owner(std::move(in))
    {
    }
};

/* ---- laws and measures --------------------------------------------------------------------------- */

/* uniform on each circle until it is told otherwise */
class law : public detail::owner<moe_law, moe_law_destroy>
{
  public:
    law(const context &in, numbers period) : owner(in.shared()), d_(detail::size(period.size()))
    {
        moe_law *made = nullptr;
        check(moe_law_create(this->in(), d_, period.data(), &made));
        own(made);
    }
    void set_uniform(std::int64_t k, double a, double b)
    {
        check(moe_law_set_uniform(get(), k, a, b));
    }
    void set_normal(std::int64_t k, double mean, double deviation)
    {
        check(moe_law_set_normal(get(), k, mean, deviation));
    }
    void set_von_mises(std::int64_t k, double mean, double concentration)
    {
        check(moe_law_set_von_mises(get(), k, mean, concentration));
    }
    void set_fixed(std::int64_t k, double value)
    {
        check(moe_law_set_fixed(get(), k, value));
    }
    std::int64_t d() const
    {
        return d_;
    }

  private:
    std::int64_t d_;
};

struct interval {
    double lower, upper;
};

class measure : public detail::owner<moe_measure, moe_measure_destroy>
{
  public:
    /* weights: none for 1/count each */
    measure(const context &in, numbers period, numbers points, numbers weights = {}) : owner(in.shared())
    {
        const auto d = detail::size(period.size()), count = detail::rows(points, d, "points");
        if (!weights.empty())
            detail::need(weights, count, "weights");
        moe_measure *made = nullptr;
        check(moe_measure_create(this->in(), d, period.data(), count, points.data(), weights.data(), &made));
        own(made);
    }
    static measure random(const context &in, const law &of, std::int64_t count, std::uint64_t seed = 0,
                          std::int64_t stream = 0, std::int64_t first = 0)
    {
        return made(in.shared(), [&](moe_context *c, moe_measure **out) {
            return moe_measure_random(c, of.get(), seed, stream, first, count, out);
        });
    }
    static measure tensor(const context &in, const law &of, integers sizes)
    {
        if (detail::size(sizes.size()) != of.d())
            throw std::invalid_argument("a tensor rule needs a size for each coordinate");
        return made(in.shared(), [&](moe_context *c, moe_measure **out) {
            return moe_measure_tensor(c, of.get(), sizes.data(), out);
        });
    }
    static measure lattice(const context &in, const law &of, std::int64_t count, std::uint64_t seed = 0)
    {
        return made(in.shared(), [&](moe_context *c, moe_measure **out) {
            return moe_measure_lattice(c, of.get(), count, nullptr, seed, 0, out);
        });
    }

    std::int64_t count() const
    {
        return moe_measure_count(get());
    }
    std::int64_t d() const
    {
        return moe_measure_dimension(get());
    }
    /* lent: they live as long as this */
    numbers points() const
    {
        return {moe_measure_points(get()), static_cast<std::size_t>(count() * d())};
    }
    numbers weights() const
    {
        return {moe_measure_weights(get()), static_cast<std::size_t>(count())};
    }

    /* of W_p */
    interval distance(const measure &other, double p) const
    {
        interval of{};
        check(moe_measure_distance(in(), get(), other.get(), p, &of.lower, &of.upper));
        return of;
    }
    interval distance(const law &other, double p, double gap) const
    {
        interval of{};
        check(moe_measure_distance_law(in(), get(), other.get(), p, gap, &of.lower, &of.upper));
        return of;
    }

  private:
    friend class flow;
    friend class limit;
    explicit measure(std::shared_ptr<detail::shared_context> in) : owner(std::move(in))
    {
    }
    template <class Make> static measure made(std::shared_ptr<detail::shared_context> in, Make &&make)
    {
        measure fresh(std::move(in));
        moe_measure *handle = nullptr;
        fresh.check(make(fresh.in(), &handle));
        fresh.own(handle);
        return fresh;
    }
};

class transport : public detail::owner<moe_transport, moe_transport_destroy>
{
  public:
    transport(const context &in, const measure &a, const measure &b, double p) : owner(in.shared())
    {
        moe_transport *made = nullptr;
        check(moe_transport_create(this->in(), a.get(), b.get(), p, &made));
        own(made);
    }
    void set_gap(double gap)
    {
        check(moe_transport_set_gap(get(), gap));
    }
    void solve()
    {
        check(moe_transport_solve(get()));
    }
    interval bounds() const
    {
        interval of{};
        check(moe_transport_bounds(get(), &of.lower, &of.upper));
        return of;
    }
    struct plan_view {
        integers rows, columns;
        numbers masses;
    };
    /* lent until the next call on this */
    plan_view plan()
    {
        std::int64_t count = 0;
        const std::int64_t *rows = nullptr, *columns = nullptr;
        const double *masses = nullptr;
        check(moe_transport_plan(get(), &count, &rows, &columns, &masses));
        const auto size = static_cast<std::size_t>(count);
        return {{rows, size}, {columns, size}, {masses, size}};
    }
};

/* ---- models -------------------------------------------------------------------------------------- */

class objective : public detail::owner<moe_objective, moe_objective_destroy>
{
  public:
    objective(const context &in, const expert &of) : owner(in.shared()), d_(of.d()), p_(of.p()), K_(of.K())
    {
        moe_objective *made = nullptr;
        check(moe_objective_create(this->in(), of.get(), &made));
        own(made);
    }
    void set_loss(std::int32_t loss)
    {
        check(moe_objective_set_loss(get(), loss));
    }
    void set_huber(double delta)
    {
        check(moe_objective_set_huber(get(), delta));
    }
    void set_decay(numbers decay)
    {
        check(moe_objective_set_decay(get(), detail::need(decay, d_, "decay")));
    }
    void set_mobility(numbers mobility)
    {
        check(moe_objective_set_mobility(get(), detail::need(mobility, d_, "mobility")));
    }
    void set_scale(double scale)
    {
        check(moe_objective_set_scale(get(), scale));
    }

  private:
    friend class model;
    std::int64_t d_, p_, K_;
};

class model : public detail::owner<moe_model, moe_model_destroy>
{
  public:
    /* x: n x p, y: n x K, v: weights of the samples, none for 1/n each */
    model(const context &in, const expert &of, numbers x, numbers y, numbers v = {})
        : owner(in.shared()), p_(of.p()), K_(of.K()), n_(detail::rows(x, p_, "x"))
    {
        create([&](moe_model **made) {
            return moe_model_create(this->in(), of.get(), n_, x.data(), need_y(y), need_v(v), made);
        });
    }
    model(const context &in, const objective &of, numbers x, numbers y, numbers v = {})
        : owner(in.shared()), p_(of.p_), K_(of.K_), n_(detail::rows(x, p_, "x"))
    {
        create([&](moe_model **made) {
            return moe_model_create_for(this->in(), of.get(), n_, x.data(), need_y(y), need_v(v), made);
        });
    }
    std::int64_t n() const
    {
        return n_;
    }
    std::int64_t K() const
    {
        return K_;
    }

    std::vector<double> predictions(const measure &mu) const
    {
        auto f = detail::room(n_ * K_);
        check(moe_model_predictions(in(), get(), mu.get(), f.data()));
        return f;
    }
    std::vector<double> predict(const measure &mu, numbers x) const
    {
        const auto m = detail::rows(x, p_, "x");
        auto f = detail::room(m * K_);
        check(moe_model_predict(in(), get(), mu.get(), m, x.data(), f.data()));
        return f;
    }
    double loss(const measure &mu) const
    {
        double loss = 0;
        check(moe_model_loss(in(), get(), mu.get(), &loss));
        return loss;
    }

  private:
    template <class Create> void create(Create &&make)
    {
        moe_model *made = nullptr;
        check(make(&made));
        own(made);
    }
    const double *need_y(numbers y) const
    {
        return detail::need(y, n_ * K_, "y");
    }
    const double *need_v(numbers v) const
    {
        return v.empty() ? nullptr : detail::need(v, n_, "v");
    }
    std::int64_t p_, K_, n_;
};

/* ---- flows --------------------------------------------------------------------------------------- */

class field : public detail::owner<moe_field, moe_field_destroy>
{
  public:
    double begin() const
    {
        return moe_field_begin(get());
    }
    double end() const
    {
        return moe_field_end(get());
    }
    std::vector<double> predictions(double time) const
    {
        auto f = detail::room(width_);
        check(moe_field_predictions(in(), get(), time, f.data()));
        return f;
    }

  private:
    friend class flow;
    friend class limit;
    field(std::shared_ptr<detail::shared_context> in, moe_field *made, std::int64_t width)
        : owner(std::move(in)), width_(width)
    {
        own(made);
    }
    std::int64_t width_;
};

class flow : public detail::owner<moe_flow, moe_flow_destroy>
{
  public:
    flow(const context &in, const model &of, const moefield::measure &mu)
        : owner(in.shared()), size_(mu.count() * mu.d()), width_(of.n() * of.K())
    {
        moe_flow *made = nullptr;
        check(moe_flow_create(this->in(), of.get(), mu.get(), &made));
        own(made);
    }
    /* tracers of a field */
    flow(const context &in, const moefield::field &by, const moefield::measure &mu)
        : owner(in.shared()), size_(mu.count() * mu.d()), width_(by.width_)
    {
        moe_flow *made = nullptr;
        check(moe_flow_create_driven(this->in(), by.get(), mu.get(), &made));
        own(made);
    }
    /* what `save` gave, of the same model */
    flow(const context &in, const model &of, const std::vector<unsigned char> &bytes)
        : owner(in.shared()), size_(0), width_(of.n() * of.K())
    {
        moe_flow *made = nullptr;
        check(
            moe_flow_restore(this->in(), of.get(), bytes.data(), detail::size(bytes.size()), nullptr, &made));
        own(made);
        const auto all = measure();
        size_ = all.count() * all.d();
    }
    std::vector<unsigned char> save()
    {
        std::int64_t length = 0;
        check(moe_flow_save(get(), nullptr, 0, &length));
        std::vector<unsigned char> bytes(static_cast<std::size_t>(length));
        check(moe_flow_save(get(), bytes.data(), length, &length));
        return bytes;
    }
    void set_method(std::int32_t method)
    {
        check(moe_flow_set_method(get(), method));
    }
    void set_tolerance(double relative, double absolute)
    {
        check(moe_flow_set_tolerance(get(), relative, absolute));
    }
    void set_steps(double first, double longest)
    {
        check(moe_flow_set_steps(get(), first, longest));
    }
    void record()
    {
        check(moe_flow_record(get()));
    }
    void advance(double time)
    {
        check(moe_flow_advance(get(), time));
    }
    void step(double limit)
    {
        check(moe_flow_step(get(), limit));
    }
    double time() const
    {
        return moe_flow_time(get());
    }
    /* lifted; lent until the flow moves on */
    numbers points() const
    {
        return {moe_flow_points(get()), static_cast<std::size_t>(size_)};
    }
    std::vector<double> predictions()
    {
        auto f = detail::room(width_);
        check(moe_flow_predictions(get(), f.data()));
        return f;
    }
    double loss()
    {
        double loss = 0;
        check(moe_flow_loss(get(), &loss));
        return loss;
    }
    moefield::measure measure()
    {
        return moefield::measure::made(
            context_, [&](moe_context *, moe_measure **out) { return moe_flow_measure(get(), out); });
    }
    moefield::field field()
    {
        moe_field *made = nullptr;
        check(moe_flow_field(get(), &made));
        return moefield::field(context_, made, width_);
    }

  private:
    std::int64_t size_, width_;
};

class limit : public detail::owner<moe_limit, moe_limit_destroy>
{
  public:
    limit(const context &in, const model &of, const law &start, numbers times, double tolerance)
        : owner(in.shared()), width_(of.n() * of.K()), times_(times.size())
    {
        moe_limit *made = nullptr;
        check(moe_limit_create(this->in(), of.get(), start.get(), &made));
        own(made);
        check(moe_limit_set_times(get(), detail::size(times.size()), times.data()));
        check(moe_limit_set_tolerance(get(), tolerance));
    }
    void set_budget(std::int64_t nodes, std::int64_t bytes, double seconds)
    {
        check(moe_limit_set_budget(get(), nodes, bytes, seconds));
    }
    /* throws error (MOE_ERROR_BUDGET ...) where the tolerance is out of reach; the best result stays */
    void solve()
    {
        check(moe_limit_solve(get()));
    }
    std::vector<double> errors() const
    {
        std::vector<double> error(times_);
        check(moe_limit_errors(get(), error.data()));
        return error;
    }
    std::vector<double> predictions(std::int64_t i) const
    {
        auto f = detail::room(width_);
        check(moe_limit_predictions(get(), i, f.data()));
        return f;
    }
    moefield::measure measure(std::int64_t i)
    {
        return moefield::measure::made(
            context_, [&](moe_context *, moe_measure **out) { return moe_limit_measure(get(), i, out); });
    }
    moefield::measure sample(std::int64_t i, std::int64_t count, std::uint64_t seed = 0,
                             std::int64_t stream = 0)
    {
        return moefield::measure::made(context_, [&](moe_context *, moe_measure **out) {
            return moe_limit_sample(get(), i, seed, stream, 0, count, out);
        });
    }
    moefield::field field()
    {
        moe_field *made = nullptr;
        check(moe_limit_field(get(), &made));
        return moefield::field(context_, made, width_);
    }

  private:
    std::int64_t width_;
    std::size_t times_;
};

class study : public detail::owner<moe_study, moe_study_destroy>
{
  public:
    study(const context &in, const model &of, const law &start, numbers times, integers experts)
        : owner(in.shared()), sizes_(experts.size())
    {
        moe_study *made = nullptr;
        check(moe_study_create(this->in(), of.get(), start.get(), &made));
        own(made);
        check(moe_study_set_times(get(), detail::size(times.size()), times.data()));
        check(moe_study_set_experts(get(), detail::size(experts.size()), experts.data()));
    }
    void set_replicas(std::int64_t least, std::int64_t most, double precision)
    {
        check(moe_study_set_replicas(get(), least, most, precision));
    }
    void set_seed(std::uint64_t seed)
    {
        check(moe_study_set_seed(get(), seed));
    }
    void set_tolerance(double tolerance)
    {
        check(moe_study_set_tolerance(get(), tolerance));
    }
    void set_distances(std::int64_t most_w1, std::int64_t most_w2)
    {
        check(moe_study_set_distances(get(), most_w1, most_w2));
    }
    /* a cancelled run goes on where it ended when it is called again */
    void run()
    {
        check(moe_study_run(get()));
    }

    struct mean_table {
        std::vector<double> mean, error;
        std::vector<std::int64_t> replicas; /* a number for each N */
    };
    mean_table means(std::int32_t quantity, std::int64_t t) const
    {
        mean_table of{std::vector<double>(sizes_), std::vector<double>(sizes_),
                      std::vector<std::int64_t>(sizes_)};
        check(moe_study_means(get(), quantity, t, of.mean.data(), of.error.data(), of.replicas.data()));
        return of;
    }
    struct rate_of {
        double theory, probability;
        std::array<double, 3> exponent; /* and its interval of 95 % */
        std::array<double, 6> fit;
    };
    rate_of rate(std::int32_t quantity, std::int64_t t) const
    {
        rate_of of{};
        check(moe_study_rate(get(), quantity, t, &of.theory, of.exponent.data(), &of.probability,
                             of.fit.data()));
        return of;
    }
    struct bounds_of {
        std::vector<double> a_priori, along;
    };
    bounds_of bound(std::int64_t t)
    {
        bounds_of of{std::vector<double>(sizes_), std::vector<double>(sizes_)};
        check(moe_study_bound(get(), t, of.a_priori.data(), of.along.data()));
        return of;
    }
    std::vector<unsigned char> save() const
    {
        std::int64_t length = 0;
        moe_study_save(get(), nullptr, 0, &length);
        std::vector<unsigned char> bytes(static_cast<std::size_t>(length));
        check(moe_study_save(get(), bytes.data(), length, &length));
        return bytes;
    }
    void restore(const std::vector<unsigned char> &bytes)
    {
        check(moe_study_restore(get(), bytes.data(), detail::size(bytes.size())));
    }

  private:
    std::size_t sizes_;
};

} // namespace moefield

#endif
