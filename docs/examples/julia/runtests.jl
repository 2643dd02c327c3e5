# runtests.jl - a Julia expert trained to a limit that is known by other means; exceptions, the collector, threads.
#
#   MOEFIELD_LIBRARY=/path/to/libmoefield.so.0 julia --threads=2 runtests.jl
#
# SPDX-License-Identifier: MIT
using Test

include("MoeField.jl")
using .MoeField
const M = MoeField

const circle = [2pi]
const x = [-1.3, -0.8, -0.1, 0.35, 0.9, 1.4, 1.9]
const y = [0.5, -0.25, 0.1, 0.6, -0.4, 0.3, -0.15]
const v = [0.1, 0.2, 0.15, 0.05, 0.2, 0.1, 0.2]

cosine(context) = Expert(context, (theta, x) -> cos(theta[1] + x[1]), (theta, x) -> -sin(theta[1] + x[1]);
                         period = circle)

function batch_cosine(context)
    values!(f, theta, x) = (f[1, :, :] .= cos.(vec(x) .+ theta); nothing)
    pullback!(g, theta, x, r) = (g .= -sum(vec(r) .* sin.(vec(x) .+ theta), dims = 1); nothing)
    return batch_expert(context, values!, pullback!; period = circle)
end

# F(mu_t, x_j) for the uniform law: with z = E e^(i theta), z(0) = 0,
#   dz/dt = (-conj g + g z^2) / 2,  g = sum_j v_j e^(i x_j) (F_j - y_j),  F_j = Re(e^(i x_j) z)
# (the Ott-Antonsen reduction), by the classical Runge-Kutta method in steps of 1e-3.
function centroid_predictions(time)
    predictions(z) = real.(cis.(x) .* z)
    function slope(z)
        g = sum(v .* cis.(x) .* (predictions(z) .- y))
        return (-conj(g) + g * z^2) / 2
    end
    steps = ceil(Int, 1000 * time)
    h, z = time / steps, 0.0im
    for _ in 1:steps
        k1 = slope(z)
        k2 = slope(z + h / 2 * k1)
        k3 = slope(z + h / 2 * k2)
        k4 = slope(z + h * k3)
        z += h / 6 * (k1 + 2k2 + 2k3 + k4)
    end
    return predictions(z)
end

furthest(a, b) = maximum(abs.(vec(a) .- vec(b)))

thrown(run) =
    try
        run()
        nothing
    catch exception
        exception
    end

@testset "tables" begin
    @test sizeof(M.moe_allocator) == M.moe_allocator().struct_size == 32
    @test sizeof(M.moe_executor) == M.moe_executor().struct_size == 24
    @test sizeof(M.moe_expert_ops) == M.moe_expert_ops().struct_size == 120
    @test sizeof(M.moe_loss_ops) == M.moe_loss_ops().struct_size == 56
    @test sizeof(M.moe_potential_ops) == M.moe_potential_ops().struct_size == 40
    @test startswith(M.build_info(), "version $(M.version())")
end

@testset "limit of cos(theta + x), $name" for (name, make) in [
    ("by value and derivative", cosine),
    ("in batches", batch_cosine),
    ("as a circuit", function (context)
        circuit = Circuit(context, 1)
        M.rotation_input!(circuit, "Y", [0], 1)
        M.rotation_theta!(circuit, "Y", [], 1)
        M.observable!(circuit, 1, 1.0, "Z")
        return Expert(Circuit(context, string(circuit)))
    end),
]
    context = Context(threads = 2)
    expert = make(context)
    M.check(context, expert, x, [0.3, 2.0, -4.0])
    model = Model(context, expert, x, y; weights = v)
    limit = Limit(model, Law(context, circle))
    times = [0.5, 1.0, 4.0]
    M.set_times!(limit, times)
    M.set_tolerance!(limit, 1e-10)
    M.solve!(limit)
    for (i, time) in enumerate(times)
        @test furthest(M.predictions(limit, i), centroid_predictions(time)) <= 1e-9
    end
    @test all(M.errors(limit) .<= 1e-10)
    flow = Flow(context, model, M.tensor(Law(context, circle), 256))
    M.set_tolerance!(flow, 1e-12)
    M.advance!(flow, 4.0)
    @test furthest(M.predictions(flow), centroid_predictions(4.0)) <= 1e-9
end

@testset "matrices are the library's as they are" begin
    context = Context()
    # f_k = theta_k x_1 + theta_3 x_2^k
    value(theta, x) = [theta[1] * x[1] + theta[3] * x[2], theta[2] * x[1] + theta[3] * x[2]^2]
    derivative(theta, x) = [x[1] 0 x[2]; 0 x[1] x[2]^2]
    expert = Expert(context, value, derivative; period = [Inf, Inf, Inf], inputs = 2, outputs = 2)
    inputs = [1.0 3.0 -1.0 0.5; 2.0 0.5 0.25 -1.0]
    theta = [1.0 -1.0; 2.0 0.5; 3.0 0.1]
    f = M.evaluate(context, expert, inputs, theta)
    @test f == cat(reduce(hcat, [value(theta[:, 1], inputs[:, j]) for j in 1:4]),
                   reduce(hcat, [value(theta[:, 2], inputs[:, j]) for j in 1:4]); dims = 3)
    r = [1.0 2.0 -1.0 0.5; 0.0 1.0 3.0 -2.0]
    g = M.pullback(context, expert, inputs, theta, r)
    @test g[:, 2] ≈ sum(derivative(theta[:, 2], inputs[:, j])' * r[:, j] for j in 1:4)
    M.check(context, expert, inputs, theta)
    @test M.points(Measure(context, [Inf, Inf, Inf], theta)) == theta
end

@testset "errors and exceptions" begin
    context = Context()
    error = thrown(() -> M.set_threads!(context, 0))
    @test error isa MoeError && error.name == "MOE_ERROR_VALUE"
    @test sprint(showerror, error) == "MOE_ERROR_VALUE: threads is 0; it takes 1 to 256"
    @test thrown(() -> Model(context, cosine(context), x, y[2:end])).status == M.MOE_ERROR_SIZE
    law = Law(context, circle)
    bad = Expert(context, (theta, x) -> throw(DomainError(theta[1])), (theta, x) -> 0.0; period = circle)
    @test thrown(() -> M.evaluate(context, bad, x, [1.0, 2.0])) isa DomainError
    short = Expert(context, (theta, x) -> cos(theta[1] + x[1]), (theta, x) -> throw(ShortenStep()); period = circle)
    model = Model(context, short, x, y)
    @test thrown(() -> M.advance!(Flow(context, model, M.tensor(law, 8)), 1.0)) isa MoeError
    @test thrown(() -> M.set_quantile!(law, 1, u -> throw(KeyError(u)))) isa KeyError
    model = Model(context, cosine(context), x, y)
    flow = Flow(context, model, M.tensor(Law(context, circle), 16))
    M.set_observer!(flow, flow -> M.time(flow) > 0 && throw(BoundsError()))
    @test thrown(() -> M.advance!(flow, 1.0)) isa BoundsError
    M.set_observer!(flow, nothing)
    M.set_progress!(context, (what, part) -> throw(OverflowError(what)))
    @test thrown(() -> M.advance!(flow, 2.0)) isa OverflowError
    M.set_progress!(context, (what, part) -> false)
    @test thrown(() -> M.advance!(flow, 3.0)).status == M.MOE_ERROR_CANCELLED
    M.set_progress!(context, nothing)
    M.cancel(context)
    @test thrown(() -> M.advance!(flow, 4.0)).status == M.MOE_ERROR_CANCELLED
    M.advance!(flow, 4.0)
    @test M.time(flow) == 4.0
end

@testset "the collector, in callbacks and out" begin
    for turn in 1:20
        context = Context(threads = 1 + turn % 2)
        calls = Ref(0)
        function value(theta, x)
            calls[] += 1
            calls[] % 500 == 0 && GC.gc(false)
            return cos(theta[1] + x[1])
        end
        flow = let expert = Expert(context, value, (theta, x) -> -sin(theta[1] + x[1]); period = circle)
            Flow(context, Model(context, expert, x, y), M.random(Law(context, circle), 50; seed = turn))
        end
        GC.gc() # expert, model, measure and law are in no variable any more
        M.record!(flow)
        M.advance!(flow, 1.0)
        field = Field(flow)
        turn % 3 == 0 && close(flow)
        flow = nothing
        GC.gc()
        driven = Flow(context, field, M.tensor(Law(context, circle), 4))
        M.advance!(driven, 1.0)
        @test calls[] > 0
    end
    GC.gc()
end

@testset "one model on several threads" begin
    context = Context()
    model = Model(context, batch_cosine(context), x, y; weights = v)
    start = M.random(Law(context, circle), 100; seed = 1)
    function train()
        own = Context()
        flow = Flow(own, model, start)
        M.advance!(flow, 2.0)
        return M.points(flow)
    end
    expected = train()
    @test all(fetch(task) == expected for task in [Threads.@spawn(train()) for _ in 1:8])
end

@testset "distance, study, transport" begin
    context = Context()
    a, b = Measure(context, circle, [0.0, 1.0]), Measure(context, circle, [6.0, 1.5])
    lower, upper = M.distance(context, a, b)
    @test lower <= (2pi - 5.5) / 2 + 1e-14 && upper >= (2pi - 5.5) / 2 - 1e-14
    transport = Transport(context, a, b)
    M.solve!(transport)
    plan = M.plan(transport)
    @test sort(plan.rows) == [1, 2] && sum(plan.masses) ≈ 1
    phi, psi = M.potentials(transport)
    @test (sum(phi) + sum(psi)) / 2 ≈ lower
    model = Model(context, batch_cosine(context), x, y; weights = v)
    study = Study(model, Law(context, circle))
    M.set_experts!(study, [8, 16, 32])
    M.set_replicas!(study, 20, 20, 0)
    M.set_distances!(study, 0, 0)
    M.run!(study)
    @test furthest(M.predictions(Limit(study), 1), centroid_predictions(1.0)) < 1e-6
    mean, error, replicas = M.means(study, M.MOE_STUDY_PREDICTION, 1)
    @test replicas == [20, 20, 20] && issorted(mean; rev = true)
    flow = Flow(context, model, M.random(Law(context, circle), 20))
    M.advance!(flow, 0.5)
    rest = Flow(context, model, M.save(flow))
    M.advance!(flow, 1)
    M.advance!(rest, 1)
    @test M.save(rest) == M.save(flow)
    again = Study(model, Law(context, circle))
    M.set_experts!(again, [8, 16, 32])
    M.set_replicas!(again, 20, 20, 0)
    M.set_distances!(again, 0, 0)
    M.restore!(again, M.save(study))
    @test M.means(again, M.MOE_STUDY_PREDICTION, 1) == (mean, error, replicas)
end
