/* test_cpp.cpp - docs/examples/cpp/moefield.hpp against mathematics, and against callbacks that throw.
 *
 * SPDX-License-Identifier: MIT */
#include "../../docs/examples/cpp/moefield.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

namespace mf = moefield;

namespace
{

const double pi = 3.14159265358979323846;
int failures = 0;

void expect(bool holds, const char *what, int line)
{
    if (!holds) {
        std::fprintf(stderr, "test_cpp.cpp:%d: not so: %s\n", line, what);
        failures++;
    }
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

/* what `call` throws, of type Thrown, with `part` in its words */
template <class Thrown, class Call> void expect_throw(Call &&call, const char *part, int line)
{
    try {
        call();
        expect(false, "it throws", line);
    } catch (const Thrown &thrown) {
        expect(std::strstr(thrown.what(), part) != nullptr, thrown.what(), line);
    } catch (...) {
        expect(false, "it throws this type", line);
    }
}
#define THROWS(type, part, call) expect_throw<type>([&] { call; }, part, __LINE__)

/* f = cos(theta + x) */
void values(mf::numbers theta, mf::numbers x, mf::span<double> f)
{
    for (std::size_t i = 0; i < theta.size(); i++)
        for (std::size_t j = 0; j < x.size(); j++)
            f[i * x.size() + j] = std::cos(theta[i] + x[j]);
}

void pullback(mf::numbers theta, mf::numbers x, mf::numbers r, mf::span<double> g)
{
    for (std::size_t i = 0; i < theta.size(); i++) {
        g[i] = 0;
        for (std::size_t j = 0; j < x.size(); j++)
            g[i] -= r[j] * std::sin(theta[i] + x[j]);
    }
}

const mf::shape circle = {1, 1, 1, {2 * pi}};
const std::vector<double> x = {-1, -0.3, 0.4, 1.2}, y = {0.4, -0.2, 0.1, 0.5};

mf::expert wave(const mf::context &context, std::uint64_t promises = mf::expert::pure)
{
    const mf::constants one = {1, 1, 1};
    return mf::expert(context, circle, values, pullback, promises, &one);
}

/* F(t) of one sample (0, 0.6): t = -2/(1-y^2) ln((y-F)/y) + ln(1-F)/(1-y) + ln(1+F)/(1+y) */
double poisson(double time)
{
    const double label = 0.6;
    double low = 0, high = label;
    for (int i = 0; i < 200; i++) {
        const double F = (low + high) / 2;
        const double t = -2 / (1 - label * label) * std::log((label - F) / label) +
                         std::log(1 - F) / (1 - label) + std::log(1 + F) / (1 + label);
        (t < time ? low : high) = F;
    }
    return (low + high) / 2;
}

void one_qubit_to_its_limit()
{
    mf::context context;
    mf::model model(context, wave(context), {0.0}, {0.6});
    mf::limit limit(context, model, mf::law(context, {2 * pi}), {1.0, 3.0}, 1e-10);
    limit.solve();
    EXPECT(std::fabs(limit.predictions(0)[0] - 0.232325143888) < 1e-11);
    EXPECT(std::fabs(limit.predictions(0)[0] - poisson(1)) < 1e-9);
    EXPECT(std::fabs(limit.predictions(1)[0] - poisson(3)) < 1e-9);
    EXPECT(limit.errors()[1] <= 1e-10);
    EXPECT(std::fabs(model.loss(limit.measure(1)) - std::pow(0.6 - poisson(3), 2) / 2) < 1e-8);

    /* tracers of the limit's field stay on it */
    mf::flow tracers(context, limit.field(), mf::measure::tensor(context, mf::law(context, {2 * pi}), {64}));
    tracers.set_tolerance(0, 1e-11);
    tracers.advance(3);
    EXPECT(std::fabs(model.predictions(tracers.measure())[0] - poisson(3)) < 1e-9);
}

void a_circuit_is_the_same_expert()
{
    mf::context context;
    mf::circuit circuit(context, 1, 1, 1, 1);
    circuit.rotation("Y", {0}, QNN_INPUT, 0);
    circuit.rotation("Y", {0}, QNN_THETA, 0);
    circuit.observable(0, 1, "Z");
    const std::vector<double> theta = {0.1, 2, 5.5};
    const auto mine = wave(context), theirs = mf::circuit::read(context, circuit.write()).make_expert();
    const auto a = mine.values(theta, x), b = theirs.values(theta, x);
    const auto g = mine.pullback(theta, x, y), h = theirs.pullback(theta, x, y);
    for (std::size_t i = 0; i < a.size(); i++)
        EXPECT(std::fabs(a[i] - b[i]) < 1e-14);
    for (std::size_t i = 0; i < g.size(); i++)
        EXPECT(std::fabs(g[i] - h[i]) < 1e-14);
    mine.check_promises(theta, x);
    EXPECT(theirs.bounds().gradient == 1);
}

void distances()
{
    mf::context context;
    const mf::measure a(context, {2 * pi}, {0.0, 3.0}), b(context, {2 * pi}, {6.2, 3.5});
    const auto w1 = a.distance(b, 1);
    const double exact = (2 * pi - 6.2 + 0.5) / 2;
    EXPECT(w1.lower <= exact + 1e-14 && exact <= w1.upper + 1e-14 && w1.upper - w1.lower < 1e-12);
    mf::transport transport(context, a, b, 1);
    transport.solve();
    const auto plan = transport.plan();
    EXPECT(plan.masses.size() == 2 && plan.masses[0] == 0.5);
    const auto law = a.distance(mf::law(context, {2 * pi}), 2, 0.01);
    EXPECT(0 < law.lower && law.lower <= law.upper);
}

void a_study()
{
    mf::context context;
    mf::model model(context, wave(context), x, y);
    mf::law law(context, {2 * pi});
    mf::study study(context, model, law, {1.0}, {8, 32, 128}),
        again(context, model, law, {1.0}, {8, 32, 128});
    study.set_replicas(16, 16, 0);
    again.set_replicas(16, 16, 0);
    study.run();
    const auto w1 = study.means(MOE_STUDY_W1, 0);
    const auto bound = study.bound(0);
    for (std::size_t i = 0; i < 3; i++)
        EXPECT(w1.replicas[i] == 16 && w1.mean[i] <= bound.along[i] &&
               bound.along[i] <= bound.a_priori[i] * 1.000001);
    EXPECT(study.rate(MOE_STUDY_PREDICTION, 0).theory == -0.5);
    again.restore(study.save());
    EXPECT(again.means(MOE_STUDY_W1, 0).mean == w1.mean);
    auto cut = study.save();
    cut.pop_back();
    THROWS(mf::error, "MOE_ERROR_VALUE", again.restore(cut));
}

void saved_flow()
{
    mf::context context;
    mf::model model(context, wave(context), x, y);
    mf::law law(context, {2 * pi});
    mf::flow flow(context, model, mf::measure::random(context, law, 20));
    flow.advance(0.5);
    mf::flow again(context, model, flow.save());
    flow.advance(1);
    again.advance(1);
    EXPECT(again.save() == flow.save());
    auto cut = flow.save();
    cut.pop_back();
    THROWS(mf::error, "MOE_ERROR_VALUE", mf::flow(context, model, cut));
}

void errors()
{
    mf::context context;
    mf::circuit first(context, 2, 2, 1, 1);
    const mf::circuit second(std::move(first));
    THROWS(std::logic_error, "moved from", first.gate("H", {0}));
    THROWS(mf::error, "threads is 0", context.set_threads(0));
    THROWS(mf::error, "cannot keep memory in not/there", context.set_mapping("not/there"));
    THROWS(mf::error, "line 1, column", mf::circuit::read(context, "nonsense"));
    mf::circuit circuit(context, 2, 2, 1, 1);
    THROWS(std::invalid_argument, "qubits has 1", circuit.gate("CNOT", {0}));
    THROWS(std::invalid_argument, "qubits has 1", circuit.rotation("ZZ", {0}, QNN_THETA, 0));
    THROWS(std::invalid_argument, "period has 1", circuit.make_expert({1.0}));
    THROWS(mf::error, "MOE_ERROR_SIZE", mf::measure::random(context, mf::law(context, {1.0}), -1));
    THROWS(std::invalid_argument, "y has 3", mf::model(context, wave(context), x, {1.0, 2.0, 3.0}));
    auto wrong = mf::expert(context, circle, values, [](auto theta, auto points, auto r, auto g) {
        pullback(theta, points, r, g);
        g[0] *= 1.01;
    });
    THROWS(mf::error, "MOE_ERROR_CHECK", wrong.check_promises({0.1, 2.0, 4.0}, x));
}

/* every call of an expert throws once; the flow goes on from its last step */
void exceptions()
{
    mf::context context;
    mf::law law(context, {2 * pi});
    const auto start = mf::measure::random(context, law, 20);
    int calls = 0, at = -1;
    const auto count = [&] {
        if (++calls == at)
            throw std::domain_error("call " + std::to_string(at));
    };
    const auto failing = [&] {
        return mf::model(context,
                         mf::expert(
                             context, circle, [&](auto... a) { count(), values(a...); },
                             [&](auto... a) { count(), pullback(a...); }),
                         x, y);
    };
    mf::flow whole(context, failing(), start);
    whole.advance(0.3);
    const int all = calls;
    EXPECT(all > 10);
    for (at = 1; at <= all; at++) {
        calls = 0;
        mf::flow flow(context, failing(), start);
        THROWS(std::domain_error, "call", flow.advance(0.3));
        flow.advance(0.3);
        for (std::size_t i = 0; i < flow.points().size(); i++)
            EXPECT(std::fabs(flow.points()[i] - whole.points()[i]) < 1e-7);
    }
    calls = 0;
    at = -1;
    int times = 0;
    mf::model curable(context,
                      mf::expert(context, circle, values,
                                 [&](auto... a) {
                                     if (++times == 9)
                                         throw mf::retry();
                                     pullback(a...);
                                 }),
                      x, y);
    mf::flow cured(context, curable, start);
    cured.advance(0.3);
    EXPECT(cured.time() == 0.3);

    context.set_progress([](auto, double) -> bool { throw std::length_error("enough"); });
    THROWS(std::length_error, "enough", cured.advance(5));
    context.set_progress([](auto what, double) { return what == "flow"; });
    THROWS(mf::error, "MOE_ERROR_CANCELLED", cured.advance(5));
    context.set_progress(nullptr);
    cured.advance(5);
}

void threads()
{
    std::vector<double> first;
    for (const bool safe : {false, true})
        for (std::int32_t count = 1; count <= 3; count++) {
            mf::context context(count);
            std::atomic<int> strangers{0};
            const auto caller = std::this_thread::get_id();
            const auto promises = mf::expert::pure | (safe ? mf::expert::thread_safe : 0);
            mf::model model(context,
                            mf::expert(
                                context, circle,
                                [&](auto... a) {
                                    strangers += std::this_thread::get_id() != caller;
                                    values(a...);
                                },
                                pullback, promises),
                            x, y);
            mf::flow flow(context, model, mf::measure::random(context, mf::law(context, {2 * pi}), 3000));
            flow.advance(0.5);
            const std::vector<double> points(flow.points().begin(), flow.points().end());
            if (first.empty())
                first = points;
            EXPECT(points == first);
            EXPECT(safe || strangers == 0);
        }
    mf::context context(2);
    mf::model bad(context,
                  mf::expert(
                      context, circle, [](auto, auto, auto) { throw std::out_of_range("on a worker"); },
                      pullback, mf::expert::thread_safe),
                  x, y);
    THROWS(std::out_of_range, "on a worker",
           bad.predictions(mf::measure::random(context, mf::law(context, {2 * pi}), 3000)));
    mf::flow endless(context, mf::model(context, wave(context), x, y),
                     mf::measure::random(context, mf::law(context, {2 * pi}), 2000));
    endless.set_tolerance(1e-13, 1e-13);
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        context.cancel();
    });
    THROWS(mf::error, "MOE_ERROR_CANCELLED", endless.advance(1e6));
    other.join();
}

/* what is left works when what it was made of is gone */
void any_order()
{
    auto context = std::make_unique<mf::context>();
    auto expert = std::make_unique<mf::expert>(wave(*context));
    auto model = std::make_unique<mf::model>(*context, *expert, x, y);
    auto start =
        std::make_unique<mf::measure>(mf::measure::random(*context, mf::law(*context, {2 * pi}), 30));
    mf::flow flow(*context, *model, *start);
    context.reset(), expert.reset(), model.reset(), start.reset();
    flow.advance(1);
    mf::flow moved = std::move(flow);
    moved.advance(2);
    EXPECT(!flow && moved.time() == 2);
}

} // namespace

int main()
{
    one_qubit_to_its_limit();
    a_circuit_is_the_same_expert();
    distances();
    a_study();
    saved_flow();
    errors();
    exceptions();
    threads();
    any_order();
    std::printf("test_cpp: %d failures\n", failures);
    return failures != 0;
}
