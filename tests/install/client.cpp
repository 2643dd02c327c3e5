// client.cpp - the same host in C++17: handles in unique_ptr, statuses turned into exceptions.
//
// f = cos(theta + x) by one qubit, one training point x = 0, y = 0.6, uniform start by 64 nodes: the
// limit has F' = 1/2 (y - F)(1 - F^2), and F(1) = 0.232325143888.
//
// SPDX-License-Identifier: MIT
#include <moefield/moefield.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace
{

template <auto destroy> struct destroyer {
    template <typename T> void operator()(T *handle) const noexcept
    {
        destroy(handle);
    }
};

template <typename T, auto destroy> using handle = std::unique_ptr<T, destroyer<destroy>>;

void check(int32_t status)
{
    if (status)
        throw std::runtime_error(moe_status_text(status));
}

// make<context>(moe_context_create, nullptr): the handle that a create function gives out
template <typename Handle, typename... Parameters, typename... Arguments>
Handle make(int32_t (*create)(Parameters...), Arguments... arguments)
{
    typename Handle::pointer raw = nullptr;
    check(create(arguments..., &raw));
    return Handle(raw);
}

using context = handle<moe_context, moe_context_destroy>;
using circuit = handle<qnn_circuit, qnn_circuit_destroy>;
using expert = handle<moe_expert, moe_expert_destroy>;
using model = handle<moe_model, moe_model_destroy>;
using law = handle<moe_law, moe_law_destroy>;
using measure = handle<moe_measure, moe_measure_destroy>;
using flow = handle<moe_flow, moe_flow_destroy>;

double train()
{
    const auto home = make<context>(moe_context_create, nullptr);
    const auto cosine = make<circuit>(qnn_circuit_create, home.get(), 1, 1, 1, 1);
    check(qnn_circuit_rotation(cosine.get(), "Y", nullptr, QNN_INPUT, 0, 1, 0));
    check(qnn_circuit_rotation(cosine.get(), "Y", nullptr, QNN_THETA, 0, 1, 0));
    check(qnn_circuit_observable(cosine.get(), 0, 1, "Z"));
    const auto f = make<expert>(qnn_expert_create, home.get(), cosine.get(), nullptr);

    const double x = 0, y = 0.6;
    const int64_t nodes = 64;
    const auto data = make<model>(moe_model_create, home.get(), f.get(), 1, &x, &y, nullptr);
    const auto uniform = make<law>(moe_law_create, home.get(), 1, moe_expert_period(f.get()));
    const auto start = make<measure>(moe_measure_tensor, home.get(), uniform.get(), &nodes);
    const auto limit = make<flow>(moe_flow_create, home.get(), data.get(), start.get());
    check(moe_flow_set_tolerance(limit.get(), 1e-12, 1e-12));
    check(moe_flow_advance(limit.get(), 1));
    double prediction = 0;
    check(moe_flow_predictions(limit.get(), &prediction));
    return prediction;
}

} // namespace

// client VERSION: fails unless the number is right and the library is of that version
int main(int argc, char **argv)
{
    try {
        const double f = train();
        std::printf("moefield %s: F(1) = %.12f\n", moe_version(), f);
        return !(std::fabs(f - 0.232325143888) < 1e-11) || argc < 2 || std::string(argv[1]) != moe_version();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
