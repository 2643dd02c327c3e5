# MoeField.jl - libmoefield from Julia: mixtures of experts, their gradient flow, their mean-field limit, and the
# distance between the two. The functions' mathematics, costs and errors stand in the C headers (moefield/*.h).
#
# ARRAYS are Julia's as they are: the library's n x p matrices in rows are p x n matrices in columns. Indices count
# from 1 (qubits from 0, as in OpenQASM).
#
# ERRORS are thrown: MoeError, with the status, its name, and the library's sentence. An exception in a function of
# yours that the library calls is kept, the call ends with everything released, and then it is thrown again.
#
# THREADS. Experts, models, measures and fields may be used by any threads, each with a context of its own. A context
# and what belongs to it (law, objective, flow, limit, study, transport, circuit) are used by one task at a time.
# Functions of yours are called on the calling thread only, whatever threads a context has: a worker of the library's
# that ran Julia code would wait for the collector while the collector waits for the caller. They must not wait
# themselves (no I/O, sleep, lock or channel): another task could come into the same context.
#
# MEMORY. A finalizer runs on any thread. For experts, models, measures and fields that is allowed, and they are given
# back at once. What belongs to a context waits in it until the next call there, or goes with the context itself, when
# nobody can be using it. `close` gives a handle back here and now. Every handle keeps the Julia functions that the
# library may call through it, so there is nothing to unregister.
#
# SPDX-License-Identifier: MIT
module MoeField

export MoeError, ShortenStep, Context, Expert, Law, Measure, Objective, Model, Flow, Field, Limit, Study, Transport,
       Circuit, batch_expert

const lib = get(ENV, "MOEFIELD_LIBRARY", "libmoefield.so.0")

# ---- constants ------------------------------------------------------------------------------------------------

const MOE_OK = Int32(0)
const MOE_ERROR_NULL = Int32(-10)
const MOE_ERROR_SIZE = Int32(-11)
const MOE_ERROR_NOT_FINITE = Int32(-12)
const MOE_ERROR_WEIGHTS = Int32(-13)
const MOE_ERROR_INDEX = Int32(-14)
const MOE_ERROR_VALUE = Int32(-15)
const MOE_ERROR_PERIOD = Int32(-16)
const MOE_ERROR_DOMAIN = Int32(-17)
const MOE_ERROR_TIME = Int32(-18)
const MOE_ERROR_TOLERANCE = Int32(-19)
const MOE_ERROR_VTABLE = Int32(-20)
const MOE_ERROR_STRUCT_SIZE = Int32(-21)
const MOE_ERROR_QUBITS = Int32(-22)
const MOE_ERROR_PAULI = Int32(-23)
const MOE_ERROR_GATE = Int32(-24)
const MOE_ERROR_UNITARY = Int32(-25)
const MOE_ERROR_UNSUPPORTED = Int32(-26)
const MOE_ERROR_ORDER = Int32(-27)
const MOE_ERROR_SYNTAX = Int32(-28)
const MOE_ERROR_MEMORY = Int32(-40)
const MOE_ERROR_THREADS = Int32(-41)
const MOE_ERROR_LAPACK = Int32(-42)
const MOE_ERROR_BLAS = Int32(-43)
const MOE_ERROR_FILE = Int32(-44)
const MOE_ERROR_CALLBACK = Int32(-50)
const MOE_ERROR_CHECK = Int32(-51)
const MOE_ERROR_CANCELLED = Int32(-52)
const MOE_ERROR_STEP = Int32(-60)
const MOE_ERROR_STEP_LIMIT = Int32(-61)
const MOE_ERROR_CONVERGENCE = Int32(-62)
const MOE_ERROR_BUDGET = Int32(-63)

const MOE_EXPERT_THREAD_SAFE = UInt64(1)
const MOE_EXPERT_PURE = UInt64(2)

const MOE_LOSS_SQUARE = Int32(0)
const MOE_LOSS_LOGISTIC = Int32(1)
const MOE_LOSS_SOFTMAX = Int32(2)

const MOE_POTENTIAL_THREAD_SAFE = UInt64(1)

const MOE_METHOD_DOPRI5 = Int32(5)
const MOE_METHOD_DOP853 = Int32(8)
const MOE_METHOD_ADAMS = Int32(20)
const MOE_METHOD_RKC = Int32(21)
const MOE_METHOD_LOW_STORAGE = Int32(22)

const MOE_REACHED_TIME = Int32(0)
const MOE_REACHED_GRADIENT = Int32(1)
const MOE_REACHED_LOSS = Int32(2)

const MOE_STUDY_PREDICTION = Int32(0)
const MOE_STUDY_PREDICTION_MAX = Int32(1)
const MOE_STUDY_COUPLING = Int32(2)
const MOE_STUDY_COUPLING_MAX = Int32(3)
const MOE_STUDY_LOSS = Int32(4)
const MOE_STUDY_W1 = Int32(5)
const MOE_STUDY_W1_BELOW = Int32(6)
const MOE_STUDY_W2 = Int32(7)
const MOE_STUDY_W2_BELOW = Int32(8)
const MOE_STUDY_MARGINALS = Int32(9)
const MOE_STUDY_QUANTITIES = Int32(10)

const MOE_RATE_PLAIN = Int32(0)
const MOE_RATE_SHARP = Int32(1)
const MOE_RATE_GENERAL = Int32(2)
const MOE_RATE_CORRECTED = Int32(3)

const QNN_CONSTANT = Int32(0)
const QNN_THETA = Int32(1)
const QNN_INPUT = Int32(2)

const QNN_DOUBLE = Int32(0)
const QNN_SINGLE = Int32(1)

const QNN_KERNEL_AUTO = Int32(0)
const QNN_KERNEL_PLAIN = Int32(1)
const QNN_KERNEL_AVX2 = Int32(2)
const QNN_KERNEL_AVX512 = Int32(3)
const QNN_KERNEL_NEON = Int32(4)

# ---- tables ---------------------------------------------------------------------------------------------------

# As the C structs; NULL where there is no function.
Base.@kwdef struct moe_allocator
    struct_size::Csize_t = 4 * 8
    self::Ptr{Cvoid} = C_NULL
    allocate::Ptr{Cvoid} = C_NULL
    release::Ptr{Cvoid} = C_NULL
end

Base.@kwdef struct moe_executor
    struct_size::Csize_t = 3 * 8
    self::Ptr{Cvoid} = C_NULL
    run::Ptr{Cvoid} = C_NULL
end

Base.@kwdef struct moe_communicator
    struct_size::Csize_t = 6 * 8
    self::Ptr{Cvoid} = C_NULL
    rank::Int32 = 0
    size::Int32 = 1
    send::Ptr{Cvoid} = C_NULL
    receive::Ptr{Cvoid} = C_NULL
    destroy::Ptr{Cvoid} = C_NULL
end

Base.@kwdef struct moe_expert_ops
    struct_size::Csize_t = 15 * 8
    flags::UInt64 = 0
    values::Ptr{Cvoid} = C_NULL
    pullback::Ptr{Cvoid} = C_NULL
    bind::Ptr{Cvoid} = C_NULL
    unbind::Ptr{Cvoid} = C_NULL
    workspace::Ptr{Cvoid} = C_NULL
    moment_count::Ptr{Cvoid} = C_NULL
    moments::Ptr{Cvoid} = C_NULL
    predict::Ptr{Cvoid} = C_NULL
    prepare::Ptr{Cvoid} = C_NULL
    release::Ptr{Cvoid} = C_NULL
    destroy::Ptr{Cvoid} = C_NULL
    bounds::Ptr{Cvoid} = C_NULL
    tangent::Ptr{Cvoid} = C_NULL
end

Base.@kwdef struct moe_loss_ops
    struct_size::Csize_t = 7 * 8
    flags::UInt64 = 0
    value::Ptr{Cvoid} = C_NULL
    residual::Ptr{Cvoid} = C_NULL
    curvature::Ptr{Cvoid} = C_NULL
    check::Ptr{Cvoid} = C_NULL
    destroy::Ptr{Cvoid} = C_NULL
end

Base.@kwdef struct moe_potential_ops
    struct_size::Csize_t = 5 * 8
    flags::UInt64 = 0
    value::Ptr{Cvoid} = C_NULL
    gradient::Ptr{Cvoid} = C_NULL
    destroy::Ptr{Cvoid} = C_NULL
end

# ---- the library's functions, name for name -------------------------------------------------------------------

# types.h
moe_status_name(status) = @ccall lib.moe_status_name(status::Int32)::Cstring
moe_status_text(status) = @ccall lib.moe_status_text(status::Int32)::Cstring
moe_version() = @ccall lib.moe_version()::Cstring
moe_build_info(text, capacity, length) =
    @ccall lib.moe_build_info(text::Ptr{UInt8}, capacity::Int64, length::Ptr{Int64})::Int32

# context.h
moe_context_create(allocator, context) =
    @ccall lib.moe_context_create(allocator::Ptr{moe_allocator}, context::Ptr{Ptr{Cvoid}})::Int32
moe_context_destroy(context) = @ccall lib.moe_context_destroy(context::Ptr{Cvoid})::Cvoid
moe_context_set_threads(context, threads) =
    @ccall lib.moe_context_set_threads(context::Ptr{Cvoid}, threads::Int32)::Int32
moe_context_set_mapping(context, directory, least) =
    @ccall lib.moe_context_set_mapping(context::Ptr{Cvoid}, directory::Cstring, least::Int64)::Int32
moe_context_set_executor(context, executor, workers) =
    @ccall lib.moe_context_set_executor(context::Ptr{Cvoid}, executor::Ptr{moe_executor}, workers::Int32)::Int32
moe_context_threads(context) = @ccall lib.moe_context_threads(context::Ptr{Cvoid})::Int32
moe_context_set_communicator(context, communicator) =
    @ccall lib.moe_context_set_communicator(context::Ptr{Cvoid}, communicator::Ptr{moe_communicator})::Int32
moe_context_rank(context) = @ccall lib.moe_context_rank(context::Ptr{Cvoid})::Int32
moe_context_ranks(context) = @ccall lib.moe_context_ranks(context::Ptr{Cvoid})::Int32
moe_context_set_progress(context, progress, self) =
    @ccall lib.moe_context_set_progress(context::Ptr{Cvoid}, progress::Ptr{Cvoid}, self::Ptr{Cvoid})::Int32
moe_context_cancel(context) = @ccall lib.moe_context_cancel(context::Ptr{Cvoid})::Cvoid
moe_context_error(context) = @ccall lib.moe_context_error(context::Ptr{Cvoid})::Cstring
moe_context_fail(context, status, sentence) =
    @ccall lib.moe_context_fail(context::Ptr{Cvoid}, status::Int32, sentence::Cstring)::Int32
moe_context_callback_status(context) = @ccall lib.moe_context_callback_status(context::Ptr{Cvoid})::Int32
moe_state_write(context, path, bytes, length) =
    @ccall lib.moe_state_write(context::Ptr{Cvoid}, path::Cstring, bytes::Ptr{Cvoid}, length::Int64)::Int32
moe_state_read(context, path, bytes, capacity, length) =
    @ccall lib.moe_state_read(context::Ptr{Cvoid}, path::Cstring, bytes::Ptr{Cvoid}, capacity::Int64,
                              length::Ptr{Int64})::Int32

# expert.h
moe_expert_create(context, ops, self, d, p, K, period, expert) =
    @ccall lib.moe_expert_create(context::Ptr{Cvoid}, ops::Ptr{moe_expert_ops}, self::Ptr{Cvoid}, d::Int64,
                p::Int64, K::Int64, period::Ptr{Float64}, expert::Ptr{Ptr{Cvoid}})::Int32
moe_expert_destroy(expert) = @ccall lib.moe_expert_destroy(expert::Ptr{Cvoid})::Cvoid
moe_expert_parameters(expert) = @ccall lib.moe_expert_parameters(expert::Ptr{Cvoid})::Int64
moe_expert_inputs(expert) = @ccall lib.moe_expert_inputs(expert::Ptr{Cvoid})::Int64
moe_expert_outputs(expert) = @ccall lib.moe_expert_outputs(expert::Ptr{Cvoid})::Int64
moe_expert_period(expert) = @ccall lib.moe_expert_period(expert::Ptr{Cvoid})::Ptr{Float64}
moe_expert_values(context, expert, n, x, count, theta, f) =
    @ccall lib.moe_expert_values(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                count::Int64, theta::Ptr{Float64}, f::Ptr{Float64})::Int32
moe_expert_pullback(context, expert, n, x, count, theta, r, g) =
    @ccall lib.moe_expert_pullback(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                count::Int64, theta::Ptr{Float64}, r::Ptr{Float64}, g::Ptr{Float64})::Int32
moe_expert_tangent(context, expert, n, x, count, theta, m, direction, r, df, h, exact) =
    @ccall lib.moe_expert_tangent(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                count::Int64, theta::Ptr{Float64}, m::Int64, direction::Ptr{Float64}, r::Ptr{Float64},
                df::Ptr{Float64}, h::Ptr{Float64}, exact::Ptr{Int32})::Int32
moe_expert_bounds(context, expert, value, gradient, curvature) =
    @ccall lib.moe_expert_bounds(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, value::Ptr{Float64},
                gradient::Ptr{Float64}, curvature::Ptr{Float64})::Int32
moe_expert_check(context, expert, n, x, count, theta) =
    @ccall lib.moe_expert_check(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                count::Int64, theta::Ptr{Float64})::Int32

# measure.h
moe_law_create(context, d, period, law) =
    @ccall lib.moe_law_create(context::Ptr{Cvoid}, d::Int64, period::Ptr{Float64}, law::Ptr{Ptr{Cvoid}})::Int32
moe_law_set_uniform(law, k, a, b) =
    @ccall lib.moe_law_set_uniform(law::Ptr{Cvoid}, k::Int64, a::Float64, b::Float64)::Int32
moe_law_set_normal(law, k, mean, deviation) =
    @ccall lib.moe_law_set_normal(law::Ptr{Cvoid}, k::Int64, mean::Float64, deviation::Float64)::Int32
moe_law_set_von_mises(law, k, mean, concentration) =
    @ccall lib.moe_law_set_von_mises(law::Ptr{Cvoid}, k::Int64, mean::Float64, concentration::Float64)::Int32
moe_law_set_fixed(law, k, value) = @ccall lib.moe_law_set_fixed(law::Ptr{Cvoid}, k::Int64, value::Float64)::Int32
moe_law_set_quantile(law, k, quantile, self, destroy) =
    @ccall lib.moe_law_set_quantile(law::Ptr{Cvoid}, k::Int64, quantile::Ptr{Cvoid}, self::Ptr{Cvoid},
                                    destroy::Ptr{Cvoid})::Int32
moe_law_set_samples(law, first, width, count, samples) =
    @ccall lib.moe_law_set_samples(law::Ptr{Cvoid}, first::Int64, width::Int64, count::Int64,
                samples::Ptr{Float64})::Int32
moe_law_destroy(law) = @ccall lib.moe_law_destroy(law::Ptr{Cvoid})::Cvoid
moe_measure_create(context, d, period, count, points, weights, measure) =
    @ccall lib.moe_measure_create(context::Ptr{Cvoid}, d::Int64, period::Ptr{Float64}, count::Int64,
                points::Ptr{Float64}, weights::Ptr{Float64}, measure::Ptr{Ptr{Cvoid}})::Int32
moe_measure_random(context, law, seed, stream, first, count, measure) =
    @ccall lib.moe_measure_random(context::Ptr{Cvoid}, law::Ptr{Cvoid}, seed::UInt64, stream::Int64,
                first::Int64, count::Int64, measure::Ptr{Ptr{Cvoid}})::Int32
moe_measure_tensor(context, law, sizes, measure) =
    @ccall lib.moe_measure_tensor(context::Ptr{Cvoid}, law::Ptr{Cvoid}, sizes::Ptr{Int64},
                measure::Ptr{Ptr{Cvoid}})::Int32
moe_measure_lattice(context, law, count, gamma, seed, stream, measure) =
    @ccall lib.moe_measure_lattice(context::Ptr{Cvoid}, law::Ptr{Cvoid}, count::Int64, gamma::Ptr{Float64},
                seed::UInt64, stream::Int64, measure::Ptr{Ptr{Cvoid}})::Int32
moe_measure_destroy(measure) = @ccall lib.moe_measure_destroy(measure::Ptr{Cvoid})::Cvoid
moe_measure_count(measure) = @ccall lib.moe_measure_count(measure::Ptr{Cvoid})::Int64
moe_measure_dimension(measure) = @ccall lib.moe_measure_dimension(measure::Ptr{Cvoid})::Int64
moe_measure_points(measure) = @ccall lib.moe_measure_points(measure::Ptr{Cvoid})::Ptr{Float64}
moe_measure_weights(measure) = @ccall lib.moe_measure_weights(measure::Ptr{Cvoid})::Ptr{Float64}
moe_measure_period(measure) = @ccall lib.moe_measure_period(measure::Ptr{Cvoid})::Ptr{Float64}
moe_measure_modes(context, measure, count, k, modes) =
    @ccall lib.moe_measure_modes(context::Ptr{Cvoid}, measure::Ptr{Cvoid}, count::Int64, k::Ptr{Int64},
                modes::Ptr{Float64})::Int32
moe_measure_moments(context, measure, mean, covariance) =
    @ccall lib.moe_measure_moments(context::Ptr{Cvoid}, measure::Ptr{Cvoid}, mean::Ptr{Float64},
                covariance::Ptr{Float64})::Int32
moe_measure_mode_distance(context, a, b, cutoff, norm, lower) =
    @ccall lib.moe_measure_mode_distance(context::Ptr{Cvoid}, a::Ptr{Cvoid}, b::Ptr{Cvoid}, cutoff::Int64,
                norm::Ptr{Float64}, lower::Ptr{Float64})::Int32
moe_measure_distance(context, a, b, p, lower, upper) =
    @ccall lib.moe_measure_distance(context::Ptr{Cvoid}, a::Ptr{Cvoid}, b::Ptr{Cvoid}, p::Float64,
                lower::Ptr{Float64}, upper::Ptr{Float64})::Int32
moe_measure_distance_law(context, measure, law, p, gap, lower, upper) =
    @ccall lib.moe_measure_distance_law(context::Ptr{Cvoid}, measure::Ptr{Cvoid}, law::Ptr{Cvoid}, p::Float64,
                gap::Float64, lower::Ptr{Float64}, upper::Ptr{Float64})::Int32
moe_measure_distance_cells(context, measure, cells, radius, p, lower, upper) =
    @ccall lib.moe_measure_distance_cells(context::Ptr{Cvoid}, measure::Ptr{Cvoid}, cells::Ptr{Cvoid},
                radius::Ptr{Float64}, p::Float64, lower::Ptr{Float64}, upper::Ptr{Float64})::Int32
moe_measure_distance_image(context, measure, law, count, nodes, images, lipschitz, p, lower, upper) =
    @ccall lib.moe_measure_distance_image(context::Ptr{Cvoid}, measure::Ptr{Cvoid}, law::Ptr{Cvoid},
                count::Int64, nodes::Ptr{Float64}, images::Ptr{Float64}, lipschitz::Float64, p::Float64,
                lower::Ptr{Float64}, upper::Ptr{Float64})::Int32

# model.h
moe_model_create(context, expert, n, x, y, v, model) =
    @ccall lib.moe_model_create(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                y::Ptr{Float64}, v::Ptr{Float64}, model::Ptr{Ptr{Cvoid}})::Int32
moe_model_create_for(context, objective, n, x, y, v, model) =
    @ccall lib.moe_model_create_for(context::Ptr{Cvoid}, objective::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                y::Ptr{Float64}, v::Ptr{Float64}, model::Ptr{Ptr{Cvoid}})::Int32
moe_model_destroy(model) = @ccall lib.moe_model_destroy(model::Ptr{Cvoid})::Cvoid
moe_model_points(model) = @ccall lib.moe_model_points(model::Ptr{Cvoid})::Int64
moe_model_predictions(context, model, mu, f) =
    @ccall lib.moe_model_predictions(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid},
                f::Ptr{Float64})::Int32
moe_model_predict(context, model, mu, m, x, f) =
    @ccall lib.moe_model_predict(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid}, m::Int64,
                x::Ptr{Float64}, f::Ptr{Float64})::Int32
moe_model_loss(context, model, mu, loss) =
    @ccall lib.moe_model_loss(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid}, loss::Ptr{Float64})::Int32
moe_model_energy(context, model, mu, energy) =
    @ccall lib.moe_model_energy(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid},
                energy::Ptr{Float64})::Int32
moe_model_drift(context, model, mu, drift) =
    @ccall lib.moe_model_drift(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid},
                drift::Ptr{Float64})::Int32
moe_model_kernel(context, model, mu, na, xa, nb, xb, kernel) =
    @ccall lib.moe_model_kernel(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid}, na::Int64,
                xa::Ptr{Float64}, nb::Int64, xb::Ptr{Float64}, kernel::Ptr{Float64})::Int32
moe_model_sensitivity(context, model, mu, s) =
    @ccall lib.moe_model_sensitivity(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid},
                s::Ptr{Float64})::Int32
moe_model_reduce(context, model, law, m, x, reduced, form) =
    @ccall lib.moe_model_reduce(context::Ptr{Cvoid}, model::Ptr{Cvoid}, law::Ptr{Cvoid}, m::Int64,
                x::Ptr{Float64}, reduced::Ptr{Ptr{Cvoid}}, form::Ptr{Float64})::Int32
moe_model_frozen(context, model, mu, count, times, m, x, f) =
    @ccall lib.moe_model_frozen(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid}, count::Int64,
                times::Ptr{Float64}, m::Int64, x::Ptr{Float64}, f::Ptr{Float64})::Int32
moe_model_curvature(context, model, f, u, c) =
    @ccall lib.moe_model_curvature(context::Ptr{Cvoid}, model::Ptr{Cvoid}, f::Ptr{Float64}, u::Ptr{Float64},
                c::Ptr{Float64})::Int32

# objective.h
moe_objective_create(context, expert, objective) =
    @ccall lib.moe_objective_create(context::Ptr{Cvoid}, expert::Ptr{Cvoid}, objective::Ptr{Ptr{Cvoid}})::Int32
moe_objective_destroy(objective) = @ccall lib.moe_objective_destroy(objective::Ptr{Cvoid})::Cvoid
moe_objective_set_loss(objective, loss) =
    @ccall lib.moe_objective_set_loss(objective::Ptr{Cvoid}, loss::Int32)::Int32
moe_objective_set_huber(objective, delta) =
    @ccall lib.moe_objective_set_huber(objective::Ptr{Cvoid}, delta::Float64)::Int32
moe_objective_set_own_loss(objective, ops, self) =
    @ccall lib.moe_objective_set_own_loss(objective::Ptr{Cvoid}, ops::Ptr{moe_loss_ops},
                self::Ptr{Cvoid})::Int32
moe_objective_set_decay(objective, decay) =
    @ccall lib.moe_objective_set_decay(objective::Ptr{Cvoid}, decay::Ptr{Float64})::Int32
moe_objective_set_potential(objective, ops, self) =
    @ccall lib.moe_objective_set_potential(objective::Ptr{Cvoid}, ops::Ptr{moe_potential_ops},
                self::Ptr{Cvoid})::Int32
moe_objective_set_mobility(objective, mobility) =
    @ccall lib.moe_objective_set_mobility(objective::Ptr{Cvoid}, mobility::Ptr{Float64})::Int32
moe_objective_set_scale(objective, scale) =
    @ccall lib.moe_objective_set_scale(objective::Ptr{Cvoid}, scale::Float64)::Int32

# flow.h
moe_flow_create(context, model, mu, flow) =
    @ccall lib.moe_flow_create(context::Ptr{Cvoid}, model::Ptr{Cvoid}, mu::Ptr{Cvoid},
                flow::Ptr{Ptr{Cvoid}})::Int32
moe_flow_create_driven(context, field, mu, flow) =
    @ccall lib.moe_flow_create_driven(context::Ptr{Cvoid}, field::Ptr{Cvoid}, mu::Ptr{Cvoid},
                flow::Ptr{Ptr{Cvoid}})::Int32
moe_flow_share(context, model, experts, first, count) =
    @ccall lib.moe_flow_share(context::Ptr{Cvoid}, model::Ptr{Cvoid}, experts::Int64, first::Ptr{Int64},
                count::Ptr{Int64})::Int32
moe_flow_create_spread(context, model, experts, points, weights, flow) =
    @ccall lib.moe_flow_create_spread(context::Ptr{Cvoid}, model::Ptr{Cvoid}, experts::Int64,
                points::Ptr{Float64}, weights::Ptr{Float64}, flow::Ptr{Ptr{Cvoid}})::Int32
moe_flow_memory(context, model, experts, method, looks, bytes) =
    @ccall lib.moe_flow_memory(context::Ptr{Cvoid}, model::Ptr{Cvoid}, experts::Int64, method::Int32, looks::Int32,
                bytes::Ptr{Int64})::Int32
moe_flow_destroy(flow) = @ccall lib.moe_flow_destroy(flow::Ptr{Cvoid})::Cvoid
moe_flow_set_method(flow, method) = @ccall lib.moe_flow_set_method(flow::Ptr{Cvoid}, method::Int32)::Int32
moe_flow_set_tolerance(flow, relative, absolute) =
    @ccall lib.moe_flow_set_tolerance(flow::Ptr{Cvoid}, relative::Float64, absolute::Float64)::Int32
moe_flow_set_steps(flow, first, longest) =
    @ccall lib.moe_flow_set_steps(flow::Ptr{Cvoid}, first::Float64, longest::Float64)::Int32
moe_flow_set_step_limit(flow, attempts) =
    @ccall lib.moe_flow_set_step_limit(flow::Ptr{Cvoid}, attempts::Int64)::Int32
moe_flow_set_observer(flow, observer, self) =
    @ccall lib.moe_flow_set_observer(flow::Ptr{Cvoid}, observer::Ptr{Cvoid}, self::Ptr{Cvoid})::Int32
moe_flow_set_descent(flow, on) = @ccall lib.moe_flow_set_descent(flow::Ptr{Cvoid}, on::Int32)::Int32
moe_flow_record(flow) = @ccall lib.moe_flow_record(flow::Ptr{Cvoid})::Int32
moe_flow_advance(flow, time) = @ccall lib.moe_flow_advance(flow::Ptr{Cvoid}, time::Float64)::Int32
moe_flow_step(flow, limit) = @ccall lib.moe_flow_step(flow::Ptr{Cvoid}, limit::Float64)::Int32
moe_flow_advance_until(flow, time, gradient, loss, reached) =
    @ccall lib.moe_flow_advance_until(flow::Ptr{Cvoid}, time::Float64, gradient::Float64, loss::Float64,
                reached::Ptr{Int32})::Int32
moe_flow_time(flow) = @ccall lib.moe_flow_time(flow::Ptr{Cvoid})::Float64
moe_flow_points(flow) = @ccall lib.moe_flow_points(flow::Ptr{Cvoid})::Ptr{Float64}
moe_flow_measure(flow, measure) = @ccall lib.moe_flow_measure(flow::Ptr{Cvoid}, measure::Ptr{Ptr{Cvoid}})::Int32
moe_flow_predictions(flow, f) = @ccall lib.moe_flow_predictions(flow::Ptr{Cvoid}, f::Ptr{Float64})::Int32
moe_flow_loss(flow, loss) = @ccall lib.moe_flow_loss(flow::Ptr{Cvoid}, loss::Ptr{Float64})::Int32
moe_flow_gradient(flow, norm) = @ccall lib.moe_flow_gradient(flow::Ptr{Cvoid}, norm::Ptr{Float64})::Int32
moe_flow_interpolate(flow, time, theta) =
    @ccall lib.moe_flow_interpolate(flow::Ptr{Cvoid}, time::Float64, theta::Ptr{Float64})::Int32
moe_flow_previous_time(flow) = @ccall lib.moe_flow_previous_time(flow::Ptr{Cvoid})::Float64
moe_flow_counts(flow, steps, rejections, evaluations) =
    @ccall lib.moe_flow_counts(flow::Ptr{Cvoid}, steps::Ptr{Int64}, rejections::Ptr{Int64},
                evaluations::Ptr{Int64})::Int32
moe_flow_save(flow, bytes, capacity, length) =
    @ccall lib.moe_flow_save(flow::Ptr{Cvoid}, bytes::Ptr{Cvoid}, capacity::Int64, length::Ptr{Int64})::Int32
moe_flow_restore(context, model, bytes, length, exact, flow) =
    @ccall lib.moe_flow_restore(context::Ptr{Cvoid}, model::Ptr{Cvoid}, bytes::Ptr{Cvoid}, length::Int64,
                                exact::Ptr{Int32}, flow::Ptr{Ptr{Cvoid}})::Int32
moe_flow_restore_spread(context, model, bytes, length, exact, flow) =
    @ccall lib.moe_flow_restore_spread(context::Ptr{Cvoid}, model::Ptr{Cvoid}, bytes::Ptr{Cvoid},
                                       length::Int64, exact::Ptr{Int32}, flow::Ptr{Ptr{Cvoid}})::Int32
moe_flow_energy(flow, dissipated, defect) =
    @ccall lib.moe_flow_energy(flow::Ptr{Cvoid}, dissipated::Ptr{Float64}, defect::Ptr{Float64})::Int32
moe_flow_field(flow, field) = @ccall lib.moe_flow_field(flow::Ptr{Cvoid}, field::Ptr{Ptr{Cvoid}})::Int32
moe_field_destroy(field) = @ccall lib.moe_field_destroy(field::Ptr{Cvoid})::Cvoid
moe_field_begin(field) = @ccall lib.moe_field_begin(field::Ptr{Cvoid})::Float64
moe_field_end(field) = @ccall lib.moe_field_end(field::Ptr{Cvoid})::Float64
moe_field_predictions(context, field, time, f) =
    @ccall lib.moe_field_predictions(context::Ptr{Cvoid}, field::Ptr{Cvoid}, time::Float64,
                f::Ptr{Float64})::Int32
moe_field_map(context, field, from, to, count, theta, tolerance, image, jacobian, log_determinant) =
    @ccall lib.moe_field_map(context::Ptr{Cvoid}, field::Ptr{Cvoid}, from::Float64, to::Float64, count::Int64,
                theta::Ptr{Float64}, tolerance::Float64, image::Ptr{Float64}, jacobian::Ptr{Float64},
                log_determinant::Ptr{Float64})::Int32
moe_field_density(context, field, law, time, count, points, tolerance, density) =
    @ccall lib.moe_field_density(context::Ptr{Cvoid}, field::Ptr{Cvoid}, law::Ptr{Cvoid}, time::Float64,
                count::Int64, points::Ptr{Float64}, tolerance::Float64, density::Ptr{Float64})::Int32

# limit.h
moe_limit_create(context, model, law, limit) =
    @ccall lib.moe_limit_create(context::Ptr{Cvoid}, model::Ptr{Cvoid}, law::Ptr{Cvoid},
                limit::Ptr{Ptr{Cvoid}})::Int32
moe_limit_destroy(limit) = @ccall lib.moe_limit_destroy(limit::Ptr{Cvoid})::Cvoid
moe_limit_set_times(limit, count, times) =
    @ccall lib.moe_limit_set_times(limit::Ptr{Cvoid}, count::Int64, times::Ptr{Float64})::Int32
moe_limit_set_tolerance(limit, tolerance) =
    @ccall lib.moe_limit_set_tolerance(limit::Ptr{Cvoid}, tolerance::Float64)::Int32
moe_limit_set_budget(limit, nodes, bytes, seconds) =
    @ccall lib.moe_limit_set_budget(limit::Ptr{Cvoid}, nodes::Int64, bytes::Int64, seconds::Float64)::Int32
moe_limit_solve(limit) = @ccall lib.moe_limit_solve(limit::Ptr{Cvoid})::Int32
moe_limit_errors(limit, error) = @ccall lib.moe_limit_errors(limit::Ptr{Cvoid}, error::Ptr{Float64})::Int32
moe_limit_predictions(limit, i, f) =
    @ccall lib.moe_limit_predictions(limit::Ptr{Cvoid}, i::Int64, f::Ptr{Float64})::Int32
moe_limit_measure(limit, i, measure) =
    @ccall lib.moe_limit_measure(limit::Ptr{Cvoid}, i::Int64, measure::Ptr{Ptr{Cvoid}})::Int32
moe_limit_field(limit, field) = @ccall lib.moe_limit_field(limit::Ptr{Cvoid}, field::Ptr{Ptr{Cvoid}})::Int32
moe_limit_sample(limit, i, seed, stream, first, count, measure) =
    @ccall lib.moe_limit_sample(limit::Ptr{Cvoid}, i::Int64, seed::UInt64, stream::Int64, first::Int64,
                count::Int64, measure::Ptr{Ptr{Cvoid}})::Int32
moe_limit_effort(limit, sizes, tolerance, evaluations) =
    @ccall lib.moe_limit_effort(limit::Ptr{Cvoid}, sizes::Ptr{Int64}, tolerance::Ptr{Float64},
                evaluations::Ptr{Float64})::Int32

# study.h
moe_study_create(context, model, law, study) =
    @ccall lib.moe_study_create(context::Ptr{Cvoid}, model::Ptr{Cvoid}, law::Ptr{Cvoid},
                study::Ptr{Ptr{Cvoid}})::Int32
moe_study_destroy(study) = @ccall lib.moe_study_destroy(study::Ptr{Cvoid})::Cvoid
moe_study_set_times(study, count, times) =
    @ccall lib.moe_study_set_times(study::Ptr{Cvoid}, count::Int64, times::Ptr{Float64})::Int32
moe_study_set_experts(study, count, experts) =
    @ccall lib.moe_study_set_experts(study::Ptr{Cvoid}, count::Int64, experts::Ptr{Int64})::Int32
moe_study_set_replicas(study, least, most, precision) =
    @ccall lib.moe_study_set_replicas(study::Ptr{Cvoid}, least::Int64, most::Int64, precision::Float64)::Int32
moe_study_set_seed(study, seed) = @ccall lib.moe_study_set_seed(study::Ptr{Cvoid}, seed::UInt64)::Int32
moe_study_set_tolerance(study, tolerance) =
    @ccall lib.moe_study_set_tolerance(study::Ptr{Cvoid}, tolerance::Float64)::Int32
moe_study_set_distances(study, most_w1, most_w2) =
    @ccall lib.moe_study_set_distances(study::Ptr{Cvoid}, most_w1::Int64, most_w2::Int64)::Int32
moe_study_set_marginals(study, k) = @ccall lib.moe_study_set_marginals(study::Ptr{Cvoid}, k::Int64)::Int32
moe_study_run(study) = @ccall lib.moe_study_run(study::Ptr{Cvoid})::Int32
moe_study_save(study, bytes, capacity, length) =
    @ccall lib.moe_study_save(study::Ptr{Cvoid}, bytes::Ptr{Cvoid}, capacity::Int64, length::Ptr{Int64})::Int32
moe_study_restore(study, bytes, length) =
    @ccall lib.moe_study_restore(study::Ptr{Cvoid}, bytes::Ptr{Cvoid}, length::Int64)::Int32
moe_study_limit(study, limit) = @ccall lib.moe_study_limit(study::Ptr{Cvoid}, limit::Ptr{Ptr{Cvoid}})::Int32
moe_study_means(study, quantity, t, mean, error, replicas) =
    @ccall lib.moe_study_means(study::Ptr{Cvoid}, quantity::Int32, t::Int64, mean::Ptr{Float64},
                error::Ptr{Float64}, replicas::Ptr{Int64})::Int32
moe_study_bias(study, i, t, bias, error) =
    @ccall lib.moe_study_bias(study::Ptr{Cvoid}, i::Int64, t::Int64, bias::Ptr{Float64},
                error::Ptr{Float64})::Int32
moe_study_rate(study, quantity, t, theory, exponent, probability, fit) =
    @ccall lib.moe_study_rate(study::Ptr{Cvoid}, quantity::Int32, t::Int64, theory::Ptr{Float64},
                exponent::Ptr{Float64}, probability::Ptr{Float64}, fit::Ptr{Float64})::Int32
moe_study_rate_curve(study, quantity, t, exponent, count, experts, mean) =
    @ccall lib.moe_study_rate_curve(study::Ptr{Cvoid}, quantity::Int32, t::Int64, exponent::Float64, count::Int64,
                                    experts::Ptr{Float64}, mean::Ptr{Float64})::Int32
moe_study_rate_form(study, quantity, t, form, exponent, fit) =
    @ccall lib.moe_study_rate_form(study::Ptr{Cvoid}, quantity::Int32, t::Int64, form::Int32,
                exponent::Ptr{Float64}, fit::Ptr{Float64})::Int32
moe_study_dimension(study, random, seen) =
    @ccall lib.moe_study_dimension(study::Ptr{Cvoid}, random::Ptr{Int64}, seen::Ptr{Int64})::Int32
moe_study_lipschitz(study, L1, L2, estimated) =
    @ccall lib.moe_study_lipschitz(study::Ptr{Cvoid}, L1::Ptr{Float64}, L2::Ptr{Float64},
                estimated::Ptr{Int32})::Int32
moe_study_bound(study, t, a_priori, along) =
    @ccall lib.moe_study_bound(study::Ptr{Cvoid}, t::Int64, a_priori::Ptr{Float64}, along::Ptr{Float64})::Int32
moe_field_fluctuations(context, field, rule, count, times, m, x, tolerance, covariance) =
    @ccall lib.moe_field_fluctuations(context::Ptr{Cvoid}, field::Ptr{Cvoid}, rule::Ptr{Cvoid}, count::Int64,
                times::Ptr{Float64}, m::Int64, x::Ptr{Float64}, tolerance::Float64,
                covariance::Ptr{Float64})::Int32
moe_field_band(context, field, rule, experts, level, bias, count, times, m, x, tolerance, lower, upper) =
    @ccall lib.moe_field_band(context::Ptr{Cvoid}, field::Ptr{Cvoid}, rule::Ptr{Cvoid}, experts::Int64,
                level::Float64, bias::Ptr{Float64}, count::Int64, times::Ptr{Float64}, m::Int64,
                x::Ptr{Float64}, tolerance::Float64, lower::Ptr{Float64}, upper::Ptr{Float64})::Int32
moe_model_bias(context, model, rule, count, times, m, x, samples, seed, bias, error) =
    @ccall lib.moe_model_bias(context::Ptr{Cvoid}, model::Ptr{Cvoid}, rule::Ptr{Cvoid}, count::Int64,
                times::Ptr{Float64}, m::Int64, x::Ptr{Float64}, samples::Int64, seed::UInt64,
                bias::Ptr{Float64}, error::Ptr{Float64})::Int32

# transport.h
moe_transport_create(context, a, b, p, transport) =
    @ccall lib.moe_transport_create(context::Ptr{Cvoid}, a::Ptr{Cvoid}, b::Ptr{Cvoid}, p::Float64,
                transport::Ptr{Ptr{Cvoid}})::Int32
moe_transport_destroy(transport) = @ccall lib.moe_transport_destroy(transport::Ptr{Cvoid})::Cvoid
moe_transport_set_gap(transport, gap) =
    @ccall lib.moe_transport_set_gap(transport::Ptr{Cvoid}, gap::Float64)::Int32
moe_transport_solve(transport) = @ccall lib.moe_transport_solve(transport::Ptr{Cvoid})::Int32
moe_transport_bounds(transport, lower, upper) =
    @ccall lib.moe_transport_bounds(transport::Ptr{Cvoid}, lower::Ptr{Float64}, upper::Ptr{Float64})::Int32
moe_transport_method(transport) = @ccall lib.moe_transport_method(transport::Ptr{Cvoid})::Cstring
moe_transport_plan(transport, count, rows, columns, masses) =
    @ccall lib.moe_transport_plan(transport::Ptr{Cvoid}, count::Ptr{Int64}, rows::Ptr{Ptr{Int64}},
                columns::Ptr{Ptr{Int64}}, masses::Ptr{Ptr{Float64}})::Int32
moe_transport_potentials(transport, phi, psi) =
    @ccall lib.moe_transport_potentials(transport::Ptr{Cvoid}, phi::Ptr{Ptr{Float64}},
                psi::Ptr{Ptr{Float64}})::Int32

# qnn.h
qnn_circuit_create(context, qubits, parameters, inputs, outputs, circuit) =
    @ccall lib.qnn_circuit_create(context::Ptr{Cvoid}, qubits::Int64, parameters::Int64, inputs::Int64,
                outputs::Int64, circuit::Ptr{Ptr{Cvoid}})::Int32
qnn_circuit_destroy(circuit) = @ccall lib.qnn_circuit_destroy(circuit::Ptr{Cvoid})::Cvoid
qnn_circuit_rotation(circuit, pauli, qubits, source, index, scale, shift) =
    @ccall lib.qnn_circuit_rotation(circuit::Ptr{Cvoid}, pauli::Cstring, qubits::Ptr{Int64}, source::Int32,
                index::Int64, scale::Float64, shift::Float64)::Int32
qnn_circuit_gate(circuit, name, qubits) =
    @ccall lib.qnn_circuit_gate(circuit::Ptr{Cvoid}, name::Cstring, qubits::Ptr{Int64})::Int32
qnn_circuit_unitary(circuit, count, qubits, matrix) =
    @ccall lib.qnn_circuit_unitary(circuit::Ptr{Cvoid}, count::Int64, qubits::Ptr{Int64},
                matrix::Ptr{Float64})::Int32
qnn_circuit_observable(circuit, output, coefficient, pauli) =
    @ccall lib.qnn_circuit_observable(circuit::Ptr{Cvoid}, output::Int64, coefficient::Float64,
                pauli::Cstring)::Int32
qnn_circuit_set_precision(circuit, precision) =
    @ccall lib.qnn_circuit_set_precision(circuit::Ptr{Cvoid}, precision::Int32)::Int32
qnn_circuit_set_kernel(circuit, kernel) =
    @ccall lib.qnn_circuit_set_kernel(circuit::Ptr{Cvoid}, kernel::Int32)::Int32
qnn_circuit_period(circuit, index) = @ccall lib.qnn_circuit_period(circuit::Ptr{Cvoid}, index::Int64)::Float64
qnn_circuit_read(context, text, length, circuit) =
    @ccall lib.qnn_circuit_read(context::Ptr{Cvoid}, text::Cstring, length::Int64,
                circuit::Ptr{Ptr{Cvoid}})::Int32
qnn_circuit_write(circuit, text, capacity, length) =
    @ccall lib.qnn_circuit_write(circuit::Ptr{Cvoid}, text::Ptr{UInt8}, capacity::Int64,
                length::Ptr{Int64})::Int32
qnn_expert_create(context, circuit, period, expert) =
    @ccall lib.qnn_expert_create(context::Ptr{Cvoid}, circuit::Ptr{Cvoid}, period::Ptr{Float64},
                expert::Ptr{Ptr{Cvoid}})::Int32

# ---- errors, and exceptions that wait ---------------------------------------------------------------------------

"""A call that failed: `status` (MOE_ERROR_...), its `name`, and a `sentence` naming argument and value."""
struct MoeError <: Exception
    status::Int32
    name::String
    sentence::String
    callback::Int32
end

Base.showerror(io::IO, error::MoeError) = print(io, error.name, ": ", error.sentence)

"""Thrown by an expert's function: a smaller step in time may cure it."""
struct ShortenStep <: Exception end

const STOPPED = Int32(-1000000) # the status of a function that threw
const KEPT = :moefield_exception

# A callback runs in the task that called the library: the exception waits there.
function guarded(run)
    try
        run()
        return MOE_OK
    catch exception
        exception isa ShortenStep && return Int32(1)
        task_local_storage(KEPT, exception)
        return STOPPED
    end
end

function failed(status, context::Ptr{Cvoid})
    sentence = context == C_NULL ? "" : unsafe_string(moe_context_error(context))
    isempty(sentence) && (sentence = unsafe_string(moe_status_text(status)))
    callback = context == C_NULL ? Int32(0) : moe_context_callback_status(context)
    throw(MoeError(status, unsafe_string(moe_status_name(status)), sentence, callback))
end

size_error(what, length, wanted) =
    throw(MoeError(MOE_ERROR_SIZE, "MOE_ERROR_SIZE", "$what has $length numbers; it takes $wanted", 0))

# ---- handles ----------------------------------------------------------------------------------------------------

abstract type Handle end
abstract type Shared <: Handle end # never changes: any thread uses it and gives it back
abstract type Bound <: Handle end  # belongs to a context

Base.unsafe_convert(::Type{Ptr{Cvoid}}, handle::Handle) = handle.raw

"""
    Context(; threads = 1)

Where the library gets its threads and leaves its errors. One task uses it, and what is made in it, at a time.
"""
mutable struct Context <: Handle
    raw::Ptr{Cvoid}
    guard::Threads.SpinLock
    waiting::Vector{Tuple{Any,Ptr{Cvoid}}} # what finalizers found: how to give it back, and what
    closed::Bool
    depth::Int # calls that run, one in another's callback
    progress::Any

    function Context(; threads::Integer = 1)
        out = Ref{Ptr{Cvoid}}(C_NULL)
        status = moe_context_create(C_NULL, out)
        status == MOE_OK || failed(status, C_NULL)
        context = finalizer(finish, new(out[], Threads.SpinLock(), [], false, 0, nothing))
        threads == 1 || set_threads!(context, threads)
        return context
    end
end

# The context's finalizer: nothing that belongs to it can be reached any more, so nobody uses it.
function finish(context::Context)
    if !trylock(context.guard) # another finalizer is at it: next time
        finalizer(finish, context)
        return nothing
    end
    context.closed = true
    waiting, context.waiting = context.waiting, Tuple{Any,Ptr{Cvoid}}[]
    unlock(context.guard)
    foreach(((destroy, raw),) -> destroy(raw), waiting)
    moe_context_destroy(context.raw)
    return nothing
end

# The finalizer of what belongs to a context. It may run on any thread, in the midst of a call in the context, so it
# only says that the handle can go; no lock is waited for, since the thread that holds it may be the one we are on.
function leave(handle::Bound)
    context = handle.context
    if !trylock(context.guard)
        finalizer(leave, handle)
        return nothing
    end
    closed = context.closed
    closed || push!(context.waiting, (destroyer(handle), handle.raw))
    unlock(context.guard)
    closed && destroyer(handle)(handle.raw)
    return nothing
end

leave(handle::Shared) = (destroyer(handle)(handle.raw); nothing)

# Gives back what waits. Not inside a callback: there a call is under way in the context.
function clear(context::Context)
    lock(context.guard)
    waiting, context.waiting = context.waiting, Tuple{Any,Ptr{Cvoid}}[]
    unlock(context.guard)
    foreach(((destroy, raw),) -> destroy(raw), waiting)
end

# Runs a call in a context. A call by the library keeps its arguments alive: handles are passed, not pointers.
function call(run, context::Context)
    context.depth == 0 && clear(context)
    context.depth += 1
    status = try
        run()
    finally
        context.depth -= 1
    end
    exception = pop!(task_local_storage(), KEPT, nothing)
    exception === nothing || throw(exception)
    status == MOE_OK || failed(status, context.raw)
    return nothing
end

# The handle that a call makes.
function made(run, context::Context)
    out = Ref{Ptr{Cvoid}}(C_NULL)
    call(() -> run(out), context)
    return out[]
end

"""Gives a handle back now; what was made of it stays. For what belongs to a context, in the task that uses it."""
function Base.close(handle::Union{Shared,Bound})
    raw, handle.raw = handle.raw, C_NULL
    destroyer(handle)(raw)
    return nothing
end

# ---- arrays -----------------------------------------------------------------------------------------------------

dense(array::Array{Float64}) = array
dense(numbers::AbstractArray) = Array{Float64}(numbers)
dense(number::Real) = [Float64(number)]
dense(::Nothing) = C_NULL

# How many columns of `rows` numbers.
function columns(what, array, rows)
    rows > 0 && length(array) % rows == 0 || size_error(what, length(array), "columns of $rows")
    return Int64(div(length(array), rows))
end

exactly(what, array, wanted) = length(array) == wanted || size_error(what, length(array), wanted)
exactly(what, ::Nothing, wanted) = true

# A copy of the library's numbers.
copied(pointer, sides...) = copy(unsafe_wrap(Array, pointer, sides))

# ---- the context ------------------------------------------------------------------------------------------------

"""The threads that share the work on quantum experts, 1 to 256; functions of yours stay on the calling one."""
set_threads!(context::Context, threads) = call(() -> moe_context_set_threads(context, threads), context)

threads(context::Context) = moe_context_threads(context)

# `self` is the context, which the caller holds
function on_progress(self::Ptr{Cvoid}, what::Cstring, part::Float64)::Int32
    context = unsafe_pointer_to_objref(self)::Context
    go_on = Ref(true)
    status = guarded() do
        go_on[] = context.progress(unsafe_string(what), part) !== false
    end
    return status == MOE_OK && go_on[] ? Int32(0) : Int32(1)
end

"""`progress(what, part)` hears of long calls; it returns `false` to cancel. `nothing`: no more."""
function set_progress!(context::Context, progress)
    self = pointer_from_objref(context)
    callback = progress === nothing ? C_NULL : @cfunction(on_progress, Int32, (Ptr{Cvoid}, Cstring, Float64))
    context.progress = progress # before the library may call it
    return call(() -> moe_context_set_progress(context, callback, self), context)
end

"""Ends the context's call, or the next one that can be cancelled, with MOE_ERROR_CANCELLED; from any thread."""
cancel(context::Context) = moe_context_cancel(context)

version() = unsafe_string(moe_version())

"""How the library was built and what it runs on, lines of a word and what it stands for."""
function build_info()
    len = Ref{Int64}(0)
    status = moe_build_info(C_NULL, 0, len)
    text = zeros(UInt8, len[])
    status == MOE_OK && (status = moe_build_info(text, length(text), len))
    status == MOE_OK || failed(status, C_NULL)
    return String(text)
end

# ---- experts ----------------------------------------------------------------------------------------------------

# What the library is given as `self`.
mutable struct ExpertFunctions
    values!::Any
    pullback!::Any
    d::Int
    p::Int
    K::Int
end

"""
    Expert(context, value, derivative; period, inputs = 1, outputs = 1)

The expert f(theta, x) with d = length(period) parameters, each periodic or real (period Inf): `value(theta, x)`
returns the K outputs, a number for K = 1; `derivative(theta, x)` their derivatives by theta, K x d (d numbers for K = 1).
"""
mutable struct Expert <: Shared
    raw::Ptr{Cvoid}
    keeps::Any # what the library calls through this handle

    Expert(raw::Ptr{Cvoid}, keeps) = finalizer(leave, new(raw, keeps))
end

destroyer(::Expert) = moe_expert_destroy

function expert_values(self::Ptr{Cvoid}, bound::Ptr{Cvoid}, n::Int64, x::Ptr{Float64}, count::Int64,
                       theta::Ptr{Float64}, f::Ptr{Float64}, work::Ptr{Cvoid})::Int32
    own = unsafe_pointer_to_objref(self)::ExpertFunctions
    return guarded() do
        own.values!(unsafe_wrap(Array, f, (own.K, n, count)), unsafe_wrap(Array, theta, (own.d, count)),
                    unsafe_wrap(Array, x, (own.p, n)))
    end
end

function expert_pullback(self::Ptr{Cvoid}, bound::Ptr{Cvoid}, stage::Ptr{Cvoid}, n::Int64, x::Ptr{Float64},
                         count::Int64, theta::Ptr{Float64}, r::Ptr{Float64}, g::Ptr{Float64},
                         work::Ptr{Cvoid})::Int32
    own = unsafe_pointer_to_objref(self)::ExpertFunctions
    return guarded() do
        own.pullback!(unsafe_wrap(Array, g, (own.d, count)), unsafe_wrap(Array, theta, (own.d, count)),
                      unsafe_wrap(Array, x, (own.p, n)), unsafe_wrap(Array, r, (own.K, n)))
    end
end

"""
    batch_expert(context, values!, pullback!; period, inputs = 1, outputs = 1, pure = true)

An expert for many theta (d x count) and x (p x n) at a time:

    values!(f, theta, x)       f[k,j,i] = f_k(theta_i, x_j)                                      f: K x n x count
    pullback!(g, theta, x, r)  g[a,i] = sum_jk r[k,j] d/dtheta_a f_k(theta_i, x_j)     r: K x n,  g: d x count

The arrays are the library's: they must not be kept. `pure`: same arguments, same bits.
"""
function batch_expert(context::Context, values!, pullback!; period, inputs = 1, outputs = 1, pure = true)
    periods = dense(period)
    functions = ExpertFunctions(values!, pullback!, length(periods), inputs, outputs)
    ops = Ref(moe_expert_ops(
        flags = pure ? MOE_EXPERT_PURE : 0,
        values = @cfunction(expert_values, Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Float64}, Int64,
                                                   Ptr{Float64}, Ptr{Float64}, Ptr{Cvoid})),
        pullback = @cfunction(expert_pullback, Int32, (Ptr{Cvoid}, Ptr{Cvoid}, Ptr{Cvoid}, Int64, Ptr{Float64},
                                                       Int64, Ptr{Float64}, Ptr{Float64}, Ptr{Float64},
                                                       Ptr{Cvoid}))))
    self = pointer_from_objref(functions)
    raw = GC.@preserve functions made(context) do out
        moe_expert_create(context, ops, self, length(periods), inputs, outputs, periods, out)
    end
    return Expert(raw, functions)
end

function Expert(context::Context, value, derivative; period, inputs = 1, outputs = 1)
    K = outputs
    function values!(f, theta, x)
        for i in axes(theta, 2), j in axes(x, 2)
            f[:, j, i] .= value(view(theta, :, i), view(x, :, j))
        end
    end
    function pullback!(g, theta, x, r)
        fill!(g, 0)
        for i in axes(theta, 2), j in axes(x, 2)
            slope = derivative(view(theta, :, i), view(x, :, j))
            length(slope) == K * size(g, 1) || size_error("the derivative", length(slope), K * size(g, 1))
            for a in axes(g, 1), k in 1:K
                g[a, i] += r[k, j] * slope[k + (a - 1) * K]
            end
        end
    end
    return batch_expert(context, values!, pullback!; period, inputs, outputs)
end

parameters(expert::Expert) = moe_expert_parameters(expert)
inputs(expert::Expert) = moe_expert_inputs(expert)
outputs(expert::Expert) = moe_expert_outputs(expert)
period(expert::Expert) = GC.@preserve expert copied(moe_expert_period(expert), parameters(expert))

"""f, K x n x count."""
function evaluate(context::Context, expert::Expert, x, theta)
    x, theta = dense(x), dense(theta)
    n, count = columns("x", x, inputs(expert)), columns("theta", theta, parameters(expert))
    f = zeros(outputs(expert), n, count)
    call(() -> moe_expert_values(context, expert, n, x, count, theta, f), context)
    return f
end

"""g, d x count, of residuals r, K x n."""
function pullback(context::Context, expert::Expert, x, theta, r)
    x, theta, r = dense(x), dense(theta), dense(r)
    n, count = columns("x", x, inputs(expert)), columns("theta", theta, parameters(expert))
    exactly("r", r, n * outputs(expert))
    g = zeros(parameters(expert), count)
    call(() -> moe_expert_pullback(context, expert, n, x, count, theta, r, g), context)
    return g
end

"""
Along directions, d x m x count: df, K x n x m x count; h, d x m x count (nothing without r); and whether they are
exact.
"""
function tangent(context::Context, expert::Expert, x, theta, direction; r = nothing)
    x, theta, direction = dense(x), dense(theta), dense(direction)
    n, count = columns("x", x, inputs(expert)), columns("theta", theta, parameters(expert))
    m = columns("direction", direction, length(theta))
    exactly("r", r, n * outputs(expert))
    df = zeros(outputs(expert), n, m, count)
    h = r === nothing ? nothing : zeros(parameters(expert), m, count)
    residuals, exact = dense(r), Ref{Int32}(0)
    call(context) do
        moe_expert_tangent(context, expert, n, x, count, theta, m, direction, residuals, df, something(h, C_NULL),
                           exact)
    end
    return df, h, exact[] != 0
end

"""Bounds (|f|, |Df|, Lip(Df)), if the expert knows them."""
function bounds(context::Context, expert::Expert)
    value, gradient, curvature = Ref(0.0), Ref(0.0), Ref(0.0)
    call(() -> moe_expert_bounds(context, expert, value, gradient, curvature), context)
    return value[], gradient[], curvature[]
end

"""Looks for what the author of an expert gets wrong, at the given x and theta."""
function check(context::Context, expert::Expert, x, theta)
    x, theta = dense(x), dense(theta)
    n, count = columns("x", x, inputs(expert)), columns("theta", theta, parameters(expert))
    return call(() -> moe_expert_check(context, expert, n, x, count, theta), context)
end

# ---- laws -------------------------------------------------------------------------------------------------------

"""    Law(context, period)

A product law: uniform on each circle, not yet set on real coordinates (period Inf)."""
mutable struct Law <: Bound
    raw::Ptr{Cvoid}
    context::Context
    d::Int
    keeps::Vector{Any} # quantiles, also of what the library makes of the law

    Law(raw::Ptr{Cvoid}, context, d, keeps) = finalizer(leave, new(raw, context, d, keeps))
end

destroyer(::Law) = moe_law_destroy

function Law(context::Context, period)
    period = dense(period)
    raw = made(out -> moe_law_create(context, length(period), period, out), context)
    return Law(raw, context, length(period), Any[])
end

set_uniform!(law::Law, k, a, b) = call(() -> moe_law_set_uniform(law, k - 1, a, b), law.context)
set_normal!(law::Law, k, mean, deviation) =
    call(() -> moe_law_set_normal(law, k - 1, mean, deviation), law.context)
set_von_mises!(law::Law, k, mean, concentration) =
    call(() -> moe_law_set_von_mises(law, k - 1, mean, concentration), law.context)
set_fixed!(law::Law, k, value) = call(() -> moe_law_set_fixed(law, k - 1, value), law.context)

mutable struct Quantile
    of::Any
end

function law_quantile(self::Ptr{Cvoid}, u::Float64, theta::Ptr{Float64})::Int32
    own = unsafe_pointer_to_objref(self)::Quantile
    return guarded(() -> unsafe_store!(theta, own.of(u)))
end

"""Coordinate k has the law of Q(u) for a uniform u."""
function set_quantile!(law::Law, k, Q)
    own = Quantile(Q)
    push!(law.keeps, own)
    self = pointer_from_objref(own)
    callback = @cfunction(law_quantile, Int32, (Ptr{Cvoid}, Float64, Ptr{Float64}))
    return call(() -> moe_law_set_quantile(law, k - 1, callback, self, C_NULL), law.context)
end

"""Coordinates first, first + 1, ... have, jointly, the empirical law of the columns of `samples`."""
function set_samples!(law::Law, first, samples::AbstractMatrix)
    samples = dense(samples)
    width, count = size(samples)
    return call(() -> moe_law_set_samples(law, first - 1, width, count, samples), law.context)
end

# ---- measures ---------------------------------------------------------------------------------------------------

"""    Measure(context, period, points; weights = nothing)

Weighted points, d x count."""
mutable struct Measure <: Shared
    raw::Ptr{Cvoid}

    Measure(raw::Ptr{Cvoid}) = finalizer(leave, new(raw))
end

destroyer(::Measure) = moe_measure_destroy

function Measure(context::Context, period, points; weights = nothing)
    period, points = dense(period), dense(points)
    count = columns("points", points, length(period))
    exactly("weights", weights, count)
    masses = dense(weights)
    return Measure(made(context) do out
        moe_measure_create(context, length(period), period, count, points, masses, out)
    end)
end

"""The independent draws first, first + 1, ... (from 0) of a stream."""
random(law::Law, count; seed = 0, stream = 0, first = 0) = Measure(made(law.context) do out
    moe_measure_random(law.context, law, seed, stream, first, count, out)
end)

"""The tensor product of rules with sizes[k] nodes in coordinate k."""
function tensor(law::Law, sizes)
    nodes = convert(Vector{Int64}, sizes isa Integer ? [sizes] : sizes)
    exactly("sizes", nodes, law.d)
    return Measure(made(out -> moe_measure_tensor(law.context, law, nodes, out), law.context))
end

"""`count`, a power of two, points of a randomly shifted lattice."""
function lattice(law::Law, count; gamma = nothing, seed = 0, stream = 0)
    exactly("gamma", gamma, law.d)
    weights = dense(gamma)
    return Measure(made(out -> moe_measure_lattice(law.context, law, count, weights, seed, stream, out),
                        law.context))
end

Base.length(measure::Measure) = moe_measure_count(measure)
dimension(measure::Measure) = moe_measure_dimension(measure)
points(measure::Measure) =
    GC.@preserve measure copied(moe_measure_points(measure), dimension(measure), length(measure))
weights(measure::Measure) = GC.@preserve measure copied(moe_measure_weights(measure), length(measure))
period(measure::Measure) = GC.@preserve measure copied(moe_measure_period(measure), dimension(measure))

"""Fourier modes on circles, moments on lines; k: d x count whole numbers."""
function modes(context::Context, measure::Measure, k)
    powers = convert(Array{Int64}, k isa Integer ? [k] : k)
    found = zeros(ComplexF64, columns("k", powers, dimension(measure)))
    call(() -> moe_measure_modes(context, measure, length(found), powers, ComplexNumbers(found)), context)
    return found
end

# complex numbers to be passed as pairs of real ones
struct ComplexNumbers
    numbers::Vector{ComplexF64}
end

Base.unsafe_convert(::Type{Ptr{Float64}}, pairs::ComplexNumbers) = Ptr{Float64}(pointer(pairs.numbers))

"""Mean, d, and covariance, d x d."""
function moments(context::Context, measure::Measure)
    d = dimension(measure)
    mean, covariance = zeros(d), zeros(d, d)
    call(() -> moe_measure_moments(context, measure, mean, covariance), context)
    return mean, covariance
end

# (lower, upper), or any two numbers that a call finds
function two(run, context)
    first, second = Ref(0.0), Ref(0.0)
    call(() -> run(first, second), context)
    return first[], second[]
end

"""A norm of the modes' differences, and what they prove of W_1 from below."""
mode_distance(context::Context, a::Measure, b::Measure, cutoff) =
    two((norm, lower) -> moe_measure_mode_distance(context, a, b, cutoff, norm, lower), context)

"""lower <= W_p(a, b) <= upper."""
distance(context::Context, a::Measure, b::Measure; p = 1) =
    two((lower, upper) -> moe_measure_distance(context, a, b, p, lower, upper), context)

distance(measure::Measure, law::Law; p = 1, gap = 1e-3) =
    two((lower, upper) -> moe_measure_distance_law(law.context, measure, law, p, gap, lower, upper), law.context)

"""To a measure of which `cells` is a quadrature, with one radius for each of its points."""
function distance_cells(context::Context, measure::Measure, cells::Measure, radius; p = 1)
    radius = dense(radius)
    exactly("radius", radius, length(cells))
    return two((lower, upper) -> moe_measure_distance_cells(context, measure, cells, radius, p, lower, upper),
               context)
end

"""To the image of a law under a monotone map that is known at nodes, in one dimension."""
function distance_image(measure::Measure, law::Law, nodes, images; lipschitz = Inf, p = 1)
    nodes, images = dense(nodes), dense(images)
    exactly("images", images, length(nodes))
    return two(law.context) do lower, upper
        moe_measure_distance_image(law.context, measure, law, length(nodes), nodes, images, lipschitz, p, lower,
                                   upper)
    end
end

# ---- objectives -------------------------------------------------------------------------------------------------

"""    Objective(context, expert)

The square loss, no potential, mobility 1, scale 1; a model copies it."""
mutable struct Objective <: Bound
    raw::Ptr{Cvoid}
    context::Context
    expert::Expert
    loss::Any      # the host's own, if any
    potential::Any

    Objective(raw::Ptr{Cvoid}, context, expert) = finalizer(leave, new(raw, context, expert, nothing, nothing))
end

destroyer(::Objective) = moe_objective_destroy

Objective(context::Context, expert::Expert) =
    Objective(made(out -> moe_objective_create(context, expert, out), context), context, expert)

"""MOE_LOSS_SQUARE, MOE_LOSS_LOGISTIC or MOE_LOSS_SOFTMAX."""
set_loss!(objective::Objective, loss::Integer) =
    call(() -> moe_objective_set_loss(objective, loss), objective.context)
set_huber!(objective::Objective, delta) =
    call(() -> moe_objective_set_huber(objective, delta), objective.context)
set_scale!(objective::Objective, scale) =
    call(() -> moe_objective_set_scale(objective, scale), objective.context)

function set_decay!(objective::Objective, decay)
    exactly("decay", decay, parameters(objective.expert))
    numbers = dense(decay)
    return call(() -> moe_objective_set_decay(objective, numbers), objective.context)
end

function set_mobility!(objective::Objective, mobility)
    exactly("mobility", mobility, parameters(objective.expert))
    numbers = dense(mobility)
    return call(() -> moe_objective_set_mobility(objective, numbers), objective.context)
end

# Two functions that the library is given as `self`: of a loss or of a potential.
mutable struct OwnTerm
    value!::Any
    slope!::Any
end

function loss_value(self::Ptr{Cvoid}, n::Int64, K::Int64, f::Ptr{Float64}, y::Ptr{Float64},
                    value::Ptr{Float64})::Int32
    own = unsafe_pointer_to_objref(self)::OwnTerm
    return guarded() do
        own.value!(unsafe_wrap(Array, value, (n,)), unsafe_wrap(Array, f, (K, n)), unsafe_wrap(Array, y, (K, n)))
    end
end

function loss_residual(self::Ptr{Cvoid}, n::Int64, K::Int64, f::Ptr{Float64}, y::Ptr{Float64},
                       r::Ptr{Float64})::Int32
    own = unsafe_pointer_to_objref(self)::OwnTerm
    return guarded() do
        own.slope!(unsafe_wrap(Array, r, (K, n)), unsafe_wrap(Array, f, (K, n)), unsafe_wrap(Array, y, (K, n)))
    end
end

"""A loss of your own: `value!(value, f, y)`, n numbers, and `residual!(r, f, y)`, all K x n."""
function set_loss!(objective::Objective, value!, residual!)
    own = OwnTerm(value!, residual!)
    ops = Ref(moe_loss_ops(
        value = @cfunction(loss_value, Int32, (Ptr{Cvoid}, Int64, Int64, Ptr{Float64}, Ptr{Float64}, Ptr{Float64})),
        residual = @cfunction(loss_residual, Int32,
                              (Ptr{Cvoid}, Int64, Int64, Ptr{Float64}, Ptr{Float64}, Ptr{Float64}))))
    self = pointer_from_objref(own)
    GC.@preserve own call(() -> moe_objective_set_own_loss(objective, ops, self), objective.context)
    objective.loss = own
    return nothing
end

function potential_value(self::Ptr{Cvoid}, count::Int64, d::Int64, theta::Ptr{Float64}, value::Ptr{Float64})::Int32
    own = unsafe_pointer_to_objref(self)::OwnTerm
    return guarded() do
        own.value!(unsafe_wrap(Array, value, (count,)), unsafe_wrap(Array, theta, (d, count)))
    end
end

function potential_gradient(self::Ptr{Cvoid}, count::Int64, d::Int64, theta::Ptr{Float64}, g::Ptr{Float64})::Int32
    own = unsafe_pointer_to_objref(self)::OwnTerm
    return guarded() do
        own.slope!(unsafe_wrap(Array, g, (d, count)), unsafe_wrap(Array, theta, (d, count)))
    end
end

"""A potential of your own: `value!(value, theta)`, count numbers, and `gradient!(g, theta)`, d x count."""
function set_potential!(objective::Objective, value!, gradient!)
    own = OwnTerm(value!, gradient!)
    ops = Ref(moe_potential_ops(
        value = @cfunction(potential_value, Int32, (Ptr{Cvoid}, Int64, Int64, Ptr{Float64}, Ptr{Float64})),
        gradient = @cfunction(potential_gradient, Int32, (Ptr{Cvoid}, Int64, Int64, Ptr{Float64}, Ptr{Float64}))))
    self = pointer_from_objref(own)
    GC.@preserve own call(() -> moe_objective_set_potential(objective, ops, self), objective.context)
    objective.potential = own
    return nothing
end

function set_potential!(objective::Objective, ::Nothing)
    call(() -> moe_objective_set_potential(objective, C_NULL, C_NULL), objective.context)
    objective.potential = nothing
    return nothing
end

# ---- models -----------------------------------------------------------------------------------------------------

"""
    Model(context, expert, x, y; weights = nothing)
    Model(objective, x, y; weights = nothing)

An expert with a training set: x p x n, y K x n.
"""
mutable struct Model <: Shared
    raw::Ptr{Cvoid}
    keeps::Any
    n::Int
    d::Int
    p::Int
    K::Int

    Model(raw::Ptr{Cvoid}, keeps, n, expert) =
        finalizer(leave, new(raw, keeps, n, parameters(expert), inputs(expert), outputs(expert)))
end

destroyer(::Model) = moe_model_destroy

function training_set(expert, x, y, weights)
    n = columns("x", x, inputs(expert))
    exactly("y", y, n * outputs(expert))
    exactly("weights", weights, n)
    return n
end

function Model(context::Context, expert::Expert, x, y; weights = nothing)
    x, y = dense(x), dense(y)
    n, v = training_set(expert, x, y, weights), dense(weights)
    raw = made(out -> moe_model_create(context, expert, n, x, y, v, out), context)
    return Model(raw, expert.keeps, n, expert)
end

function Model(objective::Objective, x, y; weights = nothing)
    x, y = dense(x), dense(y)
    context, expert = objective.context, objective.expert
    n, v = training_set(expert, x, y, weights), dense(weights)
    raw = made(out -> moe_model_create_for(context, objective, n, x, y, v, out), context)
    return Model(raw, (expert.keeps, objective.loss, objective.potential), n, expert)
end

Base.length(model::Model) = moe_model_points(model)

# m and p x m inputs, or 0 and NULL for the training inputs
inputs_given(model, ::Nothing) = (Int64(0), C_NULL, model.n)
function inputs_given(model, x)
    x = dense(x)
    m = columns("x", x, model.p)
    m > 0 || size_error("x", 0, "columns of $(model.p)")
    return m, x, Int(m)
end

"""F at the training inputs, K x n, or at x."""
function predictions(context::Context, model::Model, mu::Measure)
    f = zeros(model.K, model.n)
    call(() -> moe_model_predictions(context, model, mu, f), context)
    return f
end

function predictions(context::Context, model::Model, mu::Measure, x)
    m, x, width = inputs_given(model, x)
    f = zeros(model.K, width)
    call(() -> moe_model_predict(context, model, mu, m, x, f), context)
    return f
end

# one number that a call finds
function one_number(run, context)
    found = Ref(0.0)
    call(() -> run(found), context)
    return found[]
end

loss(context::Context, model::Model, mu::Measure) =
    one_number(out -> moe_model_loss(context, model, mu, out), context)
energy(context::Context, model::Model, mu::Measure) =
    one_number(out -> moe_model_energy(context, model, mu, out), context)

"""The velocity of each point of mu, d x count."""
function drift(context::Context, model::Model, mu::Measure)
    velocity = zeros(model.d, length(mu))
    call(() -> moe_model_drift(context, model, mu, velocity), context)
    return velocity
end

"""The neural tangent kernel, K x nb x K x na; symmetric if xb is xa itself."""
function kernel(context::Context, model::Model, mu::Measure, xa, xb = xa)
    same = xb === xa
    xa = dense(xa)
    xb = same ? xa : dense(xb)
    na, nb = columns("xa", xa, model.p), columns("xb", xb, model.p)
    found = zeros(model.K, nb, model.K, na)
    call(() -> moe_model_kernel(context, model, mu, na, xa, nb, xb, found), context)
    return found
end

function sensitivity(context::Context, model::Model, mu::Measure)
    s = zeros(model.d, model.d)
    call(() -> moe_model_sensitivity(context, model, mu, s), context)
    return s
end

"""A law with the same predictions, redundant coordinates fixed, and the form: outputs depend on form' theta."""
function reduced(model::Model, law::Law; x = nothing)
    m, x, _ = inputs_given(model, x)
    form = zeros(model.d, model.d)
    raw = made(out -> moe_model_reduce(law.context, model, law, m, x, out, form), law.context)
    return Law(raw, law.context, law.d, copy(law.keeps)), form
end

"""Predictions in the lazy regime, K x m x times."""
function frozen(context::Context, model::Model, mu::Measure, times; x = nothing)
    times = dense(times)
    m, x, width = inputs_given(model, x)
    f = zeros(model.K, width, length(times))
    call(() -> moe_model_frozen(context, model, mu, length(times), times, m, x, f), context)
    return f
end

"""The loss's second derivative at predictions f, applied to u; K x n."""
function curvature(context::Context, model::Model, f, u)
    f, u = dense(f), dense(u)
    exactly("f", f, model.K * model.n)
    exactly("u", u, model.K * model.n)
    c = zeros(model.K, model.n)
    call(() -> moe_model_curvature(context, model, f, u, c), context)
    return c
end

"""lim N (E F_N - F), K x m x times, and its standard error."""
function bias(context::Context, model::Model, rule::Measure, times; x = nothing, samples = 64, seed = 0)
    times = dense(times)
    m, x, width = inputs_given(model, x)
    found, error = zeros(model.K, width, length(times)), zeros(model.K, width, length(times))
    call(context) do
        moe_model_bias(context, model, rule, length(times), times, m, x, samples, seed, found, error)
    end
    return found, error
end

# ---- flows ------------------------------------------------------------------------------------------------------

"""
    Flow(context, model, mu)
    Flow(context, field, mu)

The model's gradient flow from mu; or the points of mu, driven by a field.
"""
mutable struct Flow <: Bound
    raw::Ptr{Cvoid}
    context::Context
    model::Model
    count::Int
    observer::Any

    Flow(raw::Ptr{Cvoid}, context, model, count) = finalizer(leave, new(raw, context, model, count, nothing))
end

destroyer(::Flow) = moe_flow_destroy

Flow(context::Context, model::Model, mu::Measure) =
    Flow(made(out -> moe_flow_create(context, model, mu, out), context), context, model, length(mu))

"""The flow that `save` gave as bytes, of the same model."""
function Flow(context::Context, model::Model, bytes::Vector{UInt8})
    raw = made(out -> moe_flow_restore(context, model, bytes, length(bytes), C_NULL, out), context)
    flow = Flow(raw, context, model, 0)
    flow.count = length(measure(flow))
    return flow
end

"""The flow as bytes, for `Flow(context, model, bytes)`."""
function save(flow::Flow)
    len = Ref{Int64}(0)
    call(() -> moe_flow_save(flow, C_NULL, 0, len), flow.context)
    bytes = zeros(UInt8, len[])
    call(() -> moe_flow_save(flow, bytes, length(bytes), len), flow.context)
    return bytes
end

set_method!(flow::Flow, method) = call(() -> moe_flow_set_method(flow, method), flow.context)
set_tolerance!(flow::Flow, relative, absolute = relative) =
    call(() -> moe_flow_set_tolerance(flow, relative, absolute), flow.context)
set_steps!(flow::Flow; first = 0, longest = Inf) =
    call(() -> moe_flow_set_steps(flow, first, longest), flow.context)
set_step_limit!(flow::Flow, attempts) = call(() -> moe_flow_set_step_limit(flow, attempts), flow.context)
set_descent!(flow::Flow, on) = call(() -> moe_flow_set_descent(flow, on ? 1 : 0), flow.context)
record!(flow::Flow) = call(() -> moe_flow_record(flow), flow.context)

# `self` is the flow, which the caller holds
function on_step(self::Ptr{Cvoid}, raw::Ptr{Cvoid})::Int32
    flow = unsafe_pointer_to_objref(self)::Flow
    return guarded(() -> flow.observer(flow))
end

"""`observer(flow)` is called after every accepted step; it may read the flow. `nothing`: no more."""
function set_observer!(flow::Flow, observer)
    callback = observer === nothing ? C_NULL : @cfunction(on_step, Int32, (Ptr{Cvoid}, Ptr{Cvoid}))
    self = pointer_from_objref(flow)
    call(() -> moe_flow_set_observer(flow, callback, self), flow.context)
    flow.observer = observer
    return nothing
end

"""Advances to `time` and lands on it; if it throws, the flow stays at the last accepted step."""
advance!(flow::Flow, time) = call(() -> moe_flow_advance(flow, time), flow.context)
step!(flow::Flow, limit) = call(() -> moe_flow_step(flow, limit), flow.context)

"""Until the slope's norm or the loss is small enough, or to `time`: MOE_REACHED_..."""
function advance_until!(flow::Flow, time; gradient = 0, loss = 0)
    reached = Ref{Int32}(0)
    call(() -> moe_flow_advance_until(flow, time, gradient, loss, reached), flow.context)
    return reached[]
end

time(flow::Flow) = moe_flow_time(flow)
previous_time(flow::Flow) = moe_flow_previous_time(flow)
points(flow::Flow) = GC.@preserve flow copied(moe_flow_points(flow), flow.model.d, flow.count)
measure(flow::Flow) = Measure(made(out -> moe_flow_measure(flow, out), flow.context))

function predictions(flow::Flow)
    f = zeros(flow.model.K, flow.model.n)
    call(() -> moe_flow_predictions(flow, f), flow.context)
    return f
end

loss(flow::Flow) = one_number(out -> moe_flow_loss(flow, out), flow.context)
gradient(flow::Flow) = one_number(out -> moe_flow_gradient(flow, out), flow.context)

"""The points, d x count, at a time within the last accepted step."""
function interpolate(flow::Flow, time)
    theta = zeros(flow.model.d, flow.count)
    call(() -> moe_flow_interpolate(flow, time, theta), flow.context)
    return theta
end

"""Accepted steps, rejected attempts, right-hand sides."""
function counts(flow::Flow)
    steps, rejections, evaluations = Ref{Int64}(0), Ref{Int64}(0), Ref{Int64}(0)
    call(() -> moe_flow_counts(flow, steps, rejections, evaluations), flow.context)
    return steps[], rejections[], evaluations[]
end

"""The energy that was dissipated, and the defect of the energy identity."""
energy(flow::Flow) = two((dissipated, defect) -> moe_flow_energy(flow, dissipated, defect), flow.context)

# ---- fields -----------------------------------------------------------------------------------------------------

"""    Field(flow), Field(limit)

A flow's predictions in time."""
mutable struct Field <: Shared
    raw::Ptr{Cvoid}
    model::Model # keeps the functions that the field calls

    Field(raw::Ptr{Cvoid}, model) = finalizer(leave, new(raw, model))
end

destroyer(::Field) = moe_field_destroy

Field(flow::Flow) = Field(made(out -> moe_flow_field(flow, out), flow.context), flow.model)

Flow(context::Context, field::Field, mu::Measure) =
    Flow(made(out -> moe_flow_create_driven(context, field, mu, out), context), context, field.model, length(mu))

span(field::Field) = (moe_field_begin(field), moe_field_end(field))

function predictions(context::Context, field::Field, time)
    f = zeros(field.model.K, field.model.n)
    call(() -> moe_field_predictions(context, field, time, f), context)
    return f
end

"""
Images (d x count) of theta from one time to another, Jacobians J[c,a,i] = dX_a / dtheta_c, and the logarithms of
their determinants.
"""
function flow_map(context::Context, field::Field, from, to, theta; tolerance = 1e-10)
    theta, d = dense(theta), field.model.d
    count = columns("theta", theta, d)
    image, jacobian, log_determinant = zeros(d, count), zeros(d, d, count), zeros(count)
    call(context) do
        moe_field_map(context, field, from, to, count, theta, tolerance, image, jacobian, log_determinant)
    end
    return image, jacobian, log_determinant
end

"""The density of the law's image at a time, at d x count points."""
function density(field::Field, law::Law, time, points; tolerance = 1e-10)
    points = dense(points)
    found = zeros(columns("points", points, field.model.d))
    call(law.context) do
        moe_field_density(law.context, field, law, time, length(found), points, tolerance, found)
    end
    return found
end

"""Covariance of the fluctuations, (K m times) x (K m times)."""
function fluctuations(context::Context, field::Field, rule::Measure, times; x = nothing, tolerance = 1e-8)
    times = dense(times)
    m, x, width = inputs_given(field.model, x)
    side = field.model.K * width * length(times)
    covariance = zeros(side, side)
    call(context) do
        moe_field_fluctuations(context, field, rule, length(times), times, m, x, tolerance, covariance)
    end
    return covariance
end

"""The band, lower and upper, K x m x times each, of one mixture's predictions."""
function band(context::Context, field::Field, rule::Measure, experts, times; level = 0.95, bias = nothing,
              x = nothing, tolerance = 1e-8)
    times = dense(times)
    m, x, width = inputs_given(field.model, x)
    lower, upper = zeros(field.model.K, width, length(times)), zeros(field.model.K, width, length(times))
    exactly("bias", bias, length(lower))
    shift = dense(bias)
    call(context) do
        moe_field_band(context, field, rule, experts, level, shift, length(times), times, m, x, tolerance, lower,
                       upper)
    end
    return lower, upper
end

# ---- limits -----------------------------------------------------------------------------------------------------

"""    Limit(model, law)

The mean-field limit: at time 1 to 1e-6 at first; `solve!` computes it."""
mutable struct Limit <: Bound
    raw::Ptr{Cvoid}
    context::Context
    model::Model
    keeps::Any
    times::Int
    owned::Bool # a study's is not given back

    function Limit(raw::Ptr{Cvoid}, context, model, keeps, times, owned)
        limit = new(raw, context, model, keeps, times, owned)
        return owned ? finalizer(leave, limit) : limit
    end
end

destroyer(limit::Limit) = limit.owned ? moe_limit_destroy : raw -> nothing

Limit(model::Model, law::Law) =
    Limit(made(out -> moe_limit_create(law.context, model, law, out), law.context), law.context, model, law.keeps,
          1, true)

function set_times!(limit::Limit, times)
    times = dense(times)
    call(() -> moe_limit_set_times(limit, length(times), times), limit.context)
    limit.times = length(times)
    return nothing
end

set_tolerance!(limit::Limit, tolerance) = call(() -> moe_limit_set_tolerance(limit, tolerance), limit.context)
set_budget!(limit::Limit; nodes = 2^22, bytes = typemax(Int64), seconds = Inf) =
    call(() -> moe_limit_set_budget(limit, nodes, bytes, seconds), limit.context)
solve!(limit::Limit) = call(() -> moe_limit_solve(limit), limit.context)

function errors(limit::Limit)
    error = zeros(limit.times)
    call(() -> moe_limit_errors(limit, error), limit.context)
    return error
end

"""F at the i-th time and the training inputs, K x n."""
function predictions(limit::Limit, i)
    f = zeros(limit.model.K, limit.model.n)
    call(() -> moe_limit_predictions(limit, i - 1, f), limit.context)
    return f
end

measure(limit::Limit, i) = Measure(made(out -> moe_limit_measure(limit, i - 1, out), limit.context))
Field(limit::Limit) = Field(made(out -> moe_limit_field(limit, out), limit.context), limit.model)

"""`count` independent draws of mu_t at the i-th time."""
sample(limit::Limit, i, count; seed = 0, stream = 0, first = 0) = Measure(made(limit.context) do out
    moe_limit_sample(limit, i - 1, seed, stream, first, count, out)
end)

"""Nodes in each coordinate, the tolerance in time, the experts' evaluations."""
function effort(limit::Limit)
    sizes, tolerance, evaluations = zeros(Int64, limit.model.d), Ref(0.0), Ref(0.0)
    call(() -> moe_limit_effort(limit, sizes, tolerance, evaluations), limit.context)
    return sizes, tolerance[], evaluations[]
end

# ---- studies ----------------------------------------------------------------------------------------------------

"""    Study(model, law)

Replicas of mixtures of N experts against the limit; `run!` computes."""
mutable struct Study <: Bound
    raw::Ptr{Cvoid}
    context::Context
    model::Model
    keeps::Any
    times::Int
    experts::Int

    Study(raw::Ptr{Cvoid}, context, model, keeps) = finalizer(leave, new(raw, context, model, keeps, 1, 7))
end

destroyer(::Study) = moe_study_destroy

Study(model::Model, law::Law) =
    Study(made(out -> moe_study_create(law.context, model, law, out), law.context), law.context, model, law.keeps)

function set_times!(study::Study, times)
    times = dense(times)
    call(() -> moe_study_set_times(study, length(times), times), study.context)
    study.times = length(times)
    return nothing
end

function set_experts!(study::Study, experts)
    numbers = convert(Vector{Int64}, experts)
    call(() -> moe_study_set_experts(study, length(numbers), numbers), study.context)
    study.experts = length(numbers)
    return nothing
end

set_replicas!(study::Study, least, most, precision = 0.05) =
    call(() -> moe_study_set_replicas(study, least, most, precision), study.context)
set_seed!(study::Study, seed) = call(() -> moe_study_set_seed(study, seed), study.context)
set_tolerance!(study::Study, tolerance) = call(() -> moe_study_set_tolerance(study, tolerance), study.context)
set_distances!(study::Study, most_w1, most_w2) =
    call(() -> moe_study_set_distances(study, most_w1, most_w2), study.context)
set_marginals!(study::Study, k) = call(() -> moe_study_set_marginals(study, k), study.context)
run!(study::Study) = call(() -> moe_study_run(study), study.context)

"""The study as bytes, for `restore!`."""
function save(study::Study)
    len = Ref{Int64}(0)
    call(() -> moe_study_save(study, C_NULL, 0, len), study.context)
    bytes = zeros(UInt8, len[])
    call(() -> moe_study_save(study, bytes, length(bytes), len), study.context)
    return bytes
end

restore!(study::Study, bytes::Vector{UInt8}) =
    call(() -> moe_study_restore(study, bytes, length(bytes)), study.context)

"""The study's limit, until a setter is called; keeps the study."""
Limit(study::Study) = Limit(made(out -> moe_study_limit(study, out), study.context), study.context, study.model,
                            study, study.times, false)

"""Means, standard errors and replicas of a quantity (MOE_STUDY_...) at the t-th time, one for each N."""
function means(study::Study, quantity, t)
    mean, error, replicas = zeros(study.experts), zeros(study.experts), zeros(Int64, study.experts)
    call(() -> moe_study_means(study, quantity, t - 1, mean, error, replicas), study.context)
    return mean, error, replicas
end

"""N (mean F_N - F), K x n, with the i-th N at the t-th time, and its standard error."""
function bias(study::Study, i, t)
    found, error = zeros(study.model.K, study.model.n), zeros(study.model.K, study.model.n)
    call(() -> moe_study_bias(study, i - 1, t - 1, found, error), study.context)
    return found, error
end

"""The theory's exponent, the fitted one with its interval, the probability, and the fit, as in study.h."""
function rate(study::Study, quantity, t)
    theory, exponent, probability, fit = Ref(0.0), zeros(3), Ref(0.0), zeros(6)
    call(() -> moe_study_rate(study, quantity, t - 1, theory, exponent, probability, fit), study.context)
    return (theory = theory[], exponent = exponent, probability = probability[], fit = fit)
end

function rate_form(study::Study, quantity, t, form)
    exponent, fit = zeros(3), zeros(6)
    call(() -> moe_study_rate_form(study, quantity, t - 1, form, exponent, fit), study.context)
    return (exponent = exponent, fit = fit)
end

"""How many coordinates are random, and of them how many the predictions depend on."""
function dimension(study::Study)
    random, seen = Ref{Int64}(0), Ref{Int64}(0)
    call(() -> moe_study_dimension(study, random, seen), study.context)
    return random[], seen[]
end

"""L_1 and L_2 of the bound, and whether they are estimates."""
function lipschitz(study::Study)
    L1, L2, estimated = Ref(0.0), Ref(0.0), Ref{Int32}(0)
    call(() -> moe_study_lipschitz(study, L1, L2, estimated), study.context)
    return L1[], L2[], estimated[] != 0
end

"""Bounds of E W_1 at the t-th time, one for each N: a priori, and along the limit's loss."""
function bound(study::Study, t)
    a_priori, along = zeros(study.experts), zeros(study.experts)
    call(() -> moe_study_bound(study, t - 1, a_priori, along), study.context)
    return a_priori, along
end

# ---- transport --------------------------------------------------------------------------------------------------

"""    Transport(context, a, b; p = 1)

The transport problem of two measures, not solved yet."""
mutable struct Transport <: Bound
    raw::Ptr{Cvoid}
    context::Context
    sides::Tuple{Int,Int}

    Transport(raw::Ptr{Cvoid}, context, sides) = finalizer(leave, new(raw, context, sides))
end

destroyer(::Transport) = moe_transport_destroy

Transport(context::Context, a::Measure, b::Measure; p = 1) =
    Transport(made(out -> moe_transport_create(context, a, b, p, out), context), context, (length(a), length(b)))

set_gap!(transport::Transport, gap) = call(() -> moe_transport_set_gap(transport, gap), transport.context)
solve!(transport::Transport) = call(() -> moe_transport_solve(transport), transport.context)
bounds(transport::Transport) =
    two((lower, upper) -> moe_transport_bounds(transport, lower, upper), transport.context)
method(transport::Transport) = unsafe_string(moe_transport_method(transport))

"""masses[e] goes from point rows[e] of a to point columns[e] of b."""
function plan(transport::Transport)
    count = Ref{Int64}(0)
    rows, columns = Ref{Ptr{Int64}}(C_NULL), Ref{Ptr{Int64}}(C_NULL)
    masses = Ref{Ptr{Float64}}(C_NULL)
    call(() -> moe_transport_plan(transport, count, rows, columns, masses), transport.context)
    return GC.@preserve transport (rows = copied(rows[], count[]) .+ 1, columns = copied(columns[], count[]) .+ 1,
                                   masses = copied(masses[], count[]))
end

"""phi, one for each point of a, and psi, one for each of b."""
function potentials(transport::Transport)
    phi, psi = Ref{Ptr{Float64}}(C_NULL), Ref{Ptr{Float64}}(C_NULL)
    call(() -> moe_transport_potentials(transport, phi, psi), transport.context)
    return GC.@preserve transport (copied(phi[], transport.sides[1]), copied(psi[], transport.sides[2]))
end

# ---- circuits ---------------------------------------------------------------------------------------------------

"""
    Circuit(context, qubits; parameters = 1, inputs = 1, outputs = 1)
    Circuit(context, text)

A quantum circuit, without gates or of an OpenQASM 3 text; `Expert(circuit)` is its expert.
"""
mutable struct Circuit <: Bound
    raw::Ptr{Cvoid}
    context::Context

    Circuit(raw::Ptr{Cvoid}, context) = finalizer(leave, new(raw, context))
end

destroyer(::Circuit) = qnn_circuit_destroy

Circuit(context::Context, qubits::Integer; parameters = 1, inputs = 1, outputs = 1) =
    Circuit(made(out -> qnn_circuit_create(context, qubits, parameters, inputs, outputs, out), context), context)

Circuit(context::Context, text::AbstractString) =
    Circuit(made(out -> qnn_circuit_read(context, String(text), ncodeunits(text), out), context), context)

"""The circuit in OpenQASM 3."""
function Base.string(circuit::Circuit)
    len = Ref{Int64}(0)
    call(() -> qnn_circuit_write(circuit, C_NULL, 0, len), circuit.context)
    text = zeros(UInt8, len[])
    call(() -> qnn_circuit_write(circuit, text, length(text), len), circuit.context)
    return String(text)
end

# Appends exp(-i a P / 2), P having a letter for each of `qubits` (none: for each qubit of the circuit).
function rotation!(circuit, pauli, qubits, source, index, scale, shift)
    isempty(qubits) || exactly("qubits", qubits, ncodeunits(pauli))
    named = isempty(qubits) ? C_NULL : convert(Vector{Int64}, collect(qubits))
    return call(circuit.context) do
        qnn_circuit_rotation(circuit, pauli, named, source, index, scale, shift)
    end
end

"""A rotation by scale * theta[index] + shift, scale * x[index] + shift, or a constant angle; indices from 1."""
rotation_theta!(circuit::Circuit, pauli, qubits, index; scale = 1, shift = 0) =
    rotation!(circuit, pauli, qubits, QNN_THETA, index - 1, scale, shift)
rotation_input!(circuit::Circuit, pauli, qubits, index; scale = 1, shift = 0) =
    rotation!(circuit, pauli, qubits, QNN_INPUT, index - 1, scale, shift)
rotation_constant!(circuit::Circuit, pauli, qubits, angle) =
    rotation!(circuit, pauli, qubits, QNN_CONSTANT, 0, 0, angle)

"""A gate by its name in capitals: one-qubit gates, and CNOT, CZ, SWAP on two."""
function gate!(circuit::Circuit, name, qubits...)
    exactly("qubits", qubits, name in ("CNOT", "CZ", "SWAP") ? 2 : 1)
    named = Int64[qubits..., fill(-1, 8)...] # more than are used, for gates that a later library may know
    return call(() -> qnn_circuit_gate(circuit, name, named), circuit.context)
end

"""A unitary on 1 or 2 qubits, as a matrix."""
function unitary!(circuit::Circuit, qubits, matrix::AbstractMatrix)
    named = convert(Vector{Int64}, collect(qubits))
    length(named) in (1, 2) && exactly("matrix", matrix, 4^length(named))
    rows = ComplexNumbers(vec(ComplexF64.(permutedims(matrix))))
    return call(() -> qnn_circuit_unitary(circuit, length(named), named, rows), circuit.context)
end

"""O_output += coefficient * P, outputs from 1."""
observable!(circuit::Circuit, output, coefficient, pauli) =
    call(() -> qnn_circuit_observable(circuit, output - 1, coefficient, pauli), circuit.context)

"""QNN_DOUBLE or QNN_SINGLE; QNN_KERNEL_...: for experts made from now on."""
set_precision!(circuit::Circuit, precision) =
    call(() -> qnn_circuit_set_precision(circuit, precision), circuit.context)
set_kernel!(circuit::Circuit, number) = call(() -> qnn_circuit_set_kernel(circuit, number), circuit.context)

"""The smallest period of f in a parameter; NaN for an index out of range."""
period(circuit::Circuit, index) = qnn_circuit_period(circuit, index - 1)

function parameters(circuit::Circuit)
    d = 0
    while !isnan(period(circuit, d + 1))
        d += 1
    end
    return d
end

function Expert(circuit::Circuit; period = nothing)
    period === nothing || exactly("period", period, parameters(circuit))
    periods = dense(period)
    raw = made(out -> qnn_expert_create(circuit.context, circuit, periods, out), circuit.context)
    return Expert(raw, nothing)
end

end
