//! The C interface of libmoefield, name for name: every function, constant and table of `<moefield/moefield.h>`, whose
//! comments are the reference. The crate `moefield` makes it safe.
//!
//! `tests/ffi/declarations.py` of the library holds these declarations to its headers.
// SPDX-License-Identifier: MIT

#![allow(non_camel_case_types, non_snake_case, clippy::type_complexity)]

use std::marker::{PhantomData, PhantomPinned};
pub use std::os::raw::{c_char, c_void};

// ---- handles --------------------------------------------------------------------------------------------------

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            nothing: [u8; 0],
            neither_send_nor_sync: PhantomData<(*mut u8, PhantomPinned)>,
        }
    )*};
}

opaque! {
    moe_context moe_expert moe_law moe_measure moe_model moe_objective moe_flow moe_field moe_limit moe_study
    moe_transport qnn_circuit
}

// ---- constants ------------------------------------------------------------------------------------------------

pub const MOE_OK: i32 = 0;
pub const MOE_ERROR_NULL: i32 = -10;
pub const MOE_ERROR_SIZE: i32 = -11;
pub const MOE_ERROR_NOT_FINITE: i32 = -12;
pub const MOE_ERROR_WEIGHTS: i32 = -13;
pub const MOE_ERROR_INDEX: i32 = -14;
pub const MOE_ERROR_VALUE: i32 = -15;
pub const MOE_ERROR_PERIOD: i32 = -16;
pub const MOE_ERROR_DOMAIN: i32 = -17;
pub const MOE_ERROR_TIME: i32 = -18;
pub const MOE_ERROR_TOLERANCE: i32 = -19;
pub const MOE_ERROR_VTABLE: i32 = -20;
pub const MOE_ERROR_STRUCT_SIZE: i32 = -21;
pub const MOE_ERROR_QUBITS: i32 = -22;
pub const MOE_ERROR_PAULI: i32 = -23;
pub const MOE_ERROR_GATE: i32 = -24;
pub const MOE_ERROR_UNITARY: i32 = -25;
pub const MOE_ERROR_UNSUPPORTED: i32 = -26;
pub const MOE_ERROR_ORDER: i32 = -27;
pub const MOE_ERROR_SYNTAX: i32 = -28;
pub const MOE_ERROR_MEMORY: i32 = -40;
pub const MOE_ERROR_THREADS: i32 = -41;
pub const MOE_ERROR_LAPACK: i32 = -42;
pub const MOE_ERROR_BLAS: i32 = -43;
pub const MOE_ERROR_FILE: i32 = -44;
pub const MOE_ERROR_CALLBACK: i32 = -50;
pub const MOE_ERROR_CHECK: i32 = -51;
pub const MOE_ERROR_CANCELLED: i32 = -52;
pub const MOE_ERROR_STEP: i32 = -60;
pub const MOE_ERROR_STEP_LIMIT: i32 = -61;
pub const MOE_ERROR_CONVERGENCE: i32 = -62;
pub const MOE_ERROR_BUDGET: i32 = -63;

pub const MOE_EXPERT_THREAD_SAFE: u64 = 1;
pub const MOE_EXPERT_PURE: u64 = 2;

pub const MOE_LOSS_SQUARE: i32 = 0;
pub const MOE_LOSS_LOGISTIC: i32 = 1;
pub const MOE_LOSS_SOFTMAX: i32 = 2;

pub const MOE_POTENTIAL_THREAD_SAFE: u64 = 1;

pub const MOE_METHOD_DOPRI5: i32 = 5;
pub const MOE_METHOD_DOP853: i32 = 8;
pub const MOE_METHOD_ADAMS: i32 = 20;
pub const MOE_METHOD_RKC: i32 = 21;
pub const MOE_METHOD_LOW_STORAGE: i32 = 22;

pub const MOE_REACHED_TIME: i32 = 0;
pub const MOE_REACHED_GRADIENT: i32 = 1;
pub const MOE_REACHED_LOSS: i32 = 2;

pub const MOE_STUDY_PREDICTION: i32 = 0;
pub const MOE_STUDY_PREDICTION_MAX: i32 = 1;
pub const MOE_STUDY_COUPLING: i32 = 2;
pub const MOE_STUDY_COUPLING_MAX: i32 = 3;
pub const MOE_STUDY_LOSS: i32 = 4;
pub const MOE_STUDY_W1: i32 = 5;
pub const MOE_STUDY_W1_BELOW: i32 = 6;
pub const MOE_STUDY_W2: i32 = 7;
pub const MOE_STUDY_W2_BELOW: i32 = 8;
pub const MOE_STUDY_MARGINALS: i32 = 9;
pub const MOE_STUDY_QUANTITIES: i32 = 10;

pub const MOE_RATE_PLAIN: i32 = 0;
pub const MOE_RATE_SHARP: i32 = 1;
pub const MOE_RATE_GENERAL: i32 = 2;
pub const MOE_RATE_CORRECTED: i32 = 3;

pub const QNN_CONSTANT: i32 = 0;
pub const QNN_THETA: i32 = 1;
pub const QNN_INPUT: i32 = 2;

pub const QNN_DOUBLE: i32 = 0;
pub const QNN_SINGLE: i32 = 1;

pub const QNN_KERNEL_AUTO: i32 = 0;
pub const QNN_KERNEL_PLAIN: i32 = 1;
pub const QNN_KERNEL_AVX2: i32 = 2;
pub const QNN_KERNEL_AVX512: i32 = 3;
pub const QNN_KERNEL_NEON: i32 = 4;

// ---- tables and callbacks -------------------------------------------------------------------------------------

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_allocator {
    pub struct_size: usize,
    pub self_: *mut c_void,
    pub allocate: Option<unsafe extern "C" fn(self_: *mut c_void, bytes: usize) -> *mut c_void>,
    pub release: Option<unsafe extern "C" fn(self_: *mut c_void, block: *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_executor {
    pub struct_size: usize,
    pub self_: *mut c_void,
    pub run: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            tasks: i64,
            task: unsafe extern "C" fn(argument: *mut c_void, index: i64),
            argument: *mut c_void,
        ) -> i32,
    >,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_communicator {
    pub struct_size: usize,
    pub self_: *mut c_void,
    pub rank: i32,
    pub size: i32,
    pub send:
        Option<unsafe extern "C" fn(self_: *mut c_void, to: i32, bytes: i64, data: *const c_void) -> i32>,
    pub receive:
        Option<unsafe extern "C" fn(self_: *mut c_void, from: i32, bytes: i64, data: *mut c_void) -> i32>,
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_expert_ops {
    pub struct_size: usize,
    pub flags: u64,
    pub values: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            n: i64,
            x: *const f64,
            count: i64,
            theta: *const f64,
            f: *mut f64,
            work: *mut c_void,
        ) -> i32,
    >,
    pub pullback: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            stage: *mut c_void,
            n: i64,
            x: *const f64,
            count: i64,
            theta: *const f64,
            r: *const f64,
            g: *mut f64,
            work: *mut c_void,
        ) -> i32,
    >,
    pub bind: Option<
        unsafe extern "C" fn(self_: *mut c_void, n: i64, x: *const f64, bound: *mut *mut c_void) -> i32,
    >,
    pub unbind: Option<unsafe extern "C" fn(self_: *mut c_void, bound: *mut c_void)>,
    pub workspace: Option<unsafe extern "C" fn(self_: *mut c_void, bound: *mut c_void, count: i64) -> i64>,
    pub moment_count: Option<unsafe extern "C" fn(self_: *mut c_void, bound: *mut c_void) -> i64>,
    pub moments: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            n: i64,
            x: *const f64,
            count: i64,
            theta: *const f64,
            w: *const f64,
            m: *mut f64,
            work: *mut c_void,
        ) -> i32,
    >,
    pub predict: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            n: i64,
            x: *const f64,
            m: *const f64,
            f: *mut f64,
        ) -> i32,
    >,
    pub prepare: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            n: i64,
            x: *const f64,
            r: *const f64,
            stage: *mut *mut c_void,
        ) -> i32,
    >,
    pub release: Option<unsafe extern "C" fn(self_: *mut c_void, bound: *mut c_void, stage: *mut c_void)>,
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
    pub bounds: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            value: *mut f64,
            gradient: *mut f64,
            curvature: *mut f64,
        ) -> i32,
    >,
    pub tangent: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            bound: *mut c_void,
            stage: *mut c_void,
            n: i64,
            x: *const f64,
            count: i64,
            m: i64,
            theta: *const f64,
            direction: *const f64,
            r: *const f64,
            df: *mut f64,
            h: *mut f64,
            work: *mut c_void,
        ) -> i32,
    >,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_loss_ops {
    pub struct_size: usize,
    pub flags: u64,
    pub value: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            n: i64,
            K: i64,
            f: *const f64,
            y: *const f64,
            value: *mut f64,
        ) -> i32,
    >,
    pub residual: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            n: i64,
            K: i64,
            f: *const f64,
            y: *const f64,
            r: *mut f64,
        ) -> i32,
    >,
    pub curvature: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            n: i64,
            K: i64,
            f: *const f64,
            y: *const f64,
            u: *const f64,
            c: *mut f64,
        ) -> i32,
    >,
    pub check: Option<unsafe extern "C" fn(self_: *mut c_void, K: i64, y: *const f64) -> i32>,
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct moe_potential_ops {
    pub struct_size: usize,
    pub flags: u64,
    pub value: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            count: i64,
            d: i64,
            theta: *const f64,
            value: *mut f64,
        ) -> i32,
    >,
    pub gradient: Option<
        unsafe extern "C" fn(self_: *mut c_void, count: i64, d: i64, theta: *const f64, g: *mut f64) -> i32,
    >,
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
}

// A table without functions, of the size that this crate knows: fill in what there is.
macro_rules! empty {
    ($($table:ident)*) => {$(
        impl Default for $table {
            fn default() -> Self {
                // zeros are a value of every member: a number, a null pointer, no function
                let mut table: Self = unsafe { std::mem::zeroed() };
                table.struct_size = std::mem::size_of::<Self>();
                table
            }
        }
    )*};
}

empty! { moe_allocator moe_executor moe_communicator moe_expert_ops moe_loss_ops moe_potential_ops }

pub type moe_progress =
    Option<unsafe extern "C" fn(self_: *mut c_void, what: *const c_char, part: f64) -> i32>;
pub type moe_observer = Option<unsafe extern "C" fn(self_: *mut c_void, flow: *mut moe_flow) -> i32>;
pub type moe_quantile = Option<unsafe extern "C" fn(self_: *mut c_void, u: f64, theta: *mut f64) -> i32>;

// ---- functions ------------------------------------------------------------------------------------------------

extern "C" {
    // types.h
    pub fn moe_status_name(status: i32) -> *const c_char;
    pub fn moe_status_text(status: i32) -> *const c_char;
    pub fn moe_version() -> *const c_char;
    pub fn moe_build_info(text: *mut c_char, capacity: i64, length: *mut i64) -> i32;
    // context.h
    pub fn moe_context_create(allocator: *const moe_allocator, context: *mut *mut moe_context) -> i32;
    pub fn moe_context_destroy(context: *mut moe_context);
    pub fn moe_context_set_threads(context: *mut moe_context, threads: i32) -> i32;
    pub fn moe_context_set_mapping(context: *mut moe_context, directory: *const c_char, least: i64) -> i32;
    pub fn moe_context_set_executor(
        context: *mut moe_context,
        executor: *const moe_executor,
        workers: i32,
    ) -> i32;
    pub fn moe_context_threads(context: *const moe_context) -> i32;
    pub fn moe_context_set_communicator(
        context: *mut moe_context,
        communicator: *const moe_communicator,
    ) -> i32;
    pub fn moe_context_rank(context: *const moe_context) -> i32;
    pub fn moe_context_ranks(context: *const moe_context) -> i32;
    pub fn moe_context_set_progress(
        context: *mut moe_context,
        progress: moe_progress,
        self_: *mut c_void,
    ) -> i32;
    pub fn moe_context_cancel(context: *mut moe_context);
    pub fn moe_context_error(context: *const moe_context) -> *const c_char;
    pub fn moe_context_fail(context: *mut moe_context, status: i32, sentence: *const c_char) -> i32;
    pub fn moe_context_callback_status(context: *const moe_context) -> i32;
    pub fn moe_state_write(
        context: *mut moe_context,
        path: *const c_char,
        bytes: *const c_void,
        length: i64,
    ) -> i32;
    pub fn moe_state_read(
        context: *mut moe_context,
        path: *const c_char,
        bytes: *mut c_void,
        capacity: i64,
        length: *mut i64,
    ) -> i32;
    // expert.h
    pub fn moe_expert_create(
        context: *mut moe_context,
        ops: *const moe_expert_ops,
        self_: *mut c_void,
        d: i64,
        p: i64,
        K: i64,
        period: *const f64,
        expert: *mut *mut moe_expert,
    ) -> i32;
    pub fn moe_expert_destroy(expert: *mut moe_expert);
    pub fn moe_expert_parameters(expert: *const moe_expert) -> i64;
    pub fn moe_expert_inputs(expert: *const moe_expert) -> i64;
    pub fn moe_expert_outputs(expert: *const moe_expert) -> i64;
    pub fn moe_expert_period(expert: *const moe_expert) -> *const f64;
    pub fn moe_expert_values(
        context: *mut moe_context,
        expert: *const moe_expert,
        n: i64,
        x: *const f64,
        count: i64,
        theta: *const f64,
        f: *mut f64,
    ) -> i32;
    pub fn moe_expert_pullback(
        context: *mut moe_context,
        expert: *const moe_expert,
        n: i64,
        x: *const f64,
        count: i64,
        theta: *const f64,
        r: *const f64,
        g: *mut f64,
    ) -> i32;
    pub fn moe_expert_tangent(
        context: *mut moe_context,
        expert: *const moe_expert,
        n: i64,
        x: *const f64,
        count: i64,
        theta: *const f64,
        m: i64,
        direction: *const f64,
        r: *const f64,
        df: *mut f64,
        h: *mut f64,
        exact: *mut i32,
    ) -> i32;
    pub fn moe_expert_bounds(
        context: *mut moe_context,
        expert: *const moe_expert,
        value: *mut f64,
        gradient: *mut f64,
        curvature: *mut f64,
    ) -> i32;
    pub fn moe_expert_check(
        context: *mut moe_context,
        expert: *const moe_expert,
        n: i64,
        x: *const f64,
        count: i64,
        theta: *const f64,
    ) -> i32;
    // measure.h
    pub fn moe_law_create(
        context: *mut moe_context,
        d: i64,
        period: *const f64,
        law: *mut *mut moe_law,
    ) -> i32;
    pub fn moe_law_set_uniform(law: *mut moe_law, k: i64, a: f64, b: f64) -> i32;
    pub fn moe_law_set_normal(law: *mut moe_law, k: i64, mean: f64, deviation: f64) -> i32;
    pub fn moe_law_set_von_mises(law: *mut moe_law, k: i64, mean: f64, concentration: f64) -> i32;
    pub fn moe_law_set_fixed(law: *mut moe_law, k: i64, value: f64) -> i32;
    pub fn moe_law_set_quantile(
        law: *mut moe_law,
        k: i64,
        quantile: moe_quantile,
        self_: *mut c_void,
        destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
    ) -> i32;
    pub fn moe_law_set_samples(
        law: *mut moe_law,
        first: i64,
        width: i64,
        count: i64,
        samples: *const f64,
    ) -> i32;
    pub fn moe_law_destroy(law: *mut moe_law);
    pub fn moe_measure_create(
        context: *mut moe_context,
        d: i64,
        period: *const f64,
        count: i64,
        points: *const f64,
        weights: *const f64,
        measure: *mut *mut moe_measure,
    ) -> i32;
    pub fn moe_measure_random(
        context: *mut moe_context,
        law: *const moe_law,
        seed: u64,
        stream: i64,
        first: i64,
        count: i64,
        measure: *mut *mut moe_measure,
    ) -> i32;
    pub fn moe_measure_tensor(
        context: *mut moe_context,
        law: *const moe_law,
        sizes: *const i64,
        measure: *mut *mut moe_measure,
    ) -> i32;
    pub fn moe_measure_lattice(
        context: *mut moe_context,
        law: *const moe_law,
        count: i64,
        gamma: *const f64,
        seed: u64,
        stream: i64,
        measure: *mut *mut moe_measure,
    ) -> i32;
    pub fn moe_measure_destroy(measure: *mut moe_measure);
    pub fn moe_measure_count(measure: *const moe_measure) -> i64;
    pub fn moe_measure_dimension(measure: *const moe_measure) -> i64;
    pub fn moe_measure_points(measure: *const moe_measure) -> *const f64;
    pub fn moe_measure_weights(measure: *const moe_measure) -> *const f64;
    pub fn moe_measure_period(measure: *const moe_measure) -> *const f64;
    pub fn moe_measure_modes(
        context: *mut moe_context,
        measure: *const moe_measure,
        count: i64,
        k: *const i64,
        modes: *mut f64,
    ) -> i32;
    pub fn moe_measure_moments(
        context: *mut moe_context,
        measure: *const moe_measure,
        mean: *mut f64,
        covariance: *mut f64,
    ) -> i32;
    pub fn moe_measure_mode_distance(
        context: *mut moe_context,
        a: *const moe_measure,
        b: *const moe_measure,
        cutoff: i64,
        norm: *mut f64,
        lower: *mut f64,
    ) -> i32;
    pub fn moe_measure_distance(
        context: *mut moe_context,
        a: *const moe_measure,
        b: *const moe_measure,
        p: f64,
        lower: *mut f64,
        upper: *mut f64,
    ) -> i32;
    pub fn moe_measure_distance_law(
        context: *mut moe_context,
        measure: *const moe_measure,
        law: *const moe_law,
        p: f64,
        gap: f64,
        lower: *mut f64,
        upper: *mut f64,
    ) -> i32;
    pub fn moe_measure_distance_cells(
        context: *mut moe_context,
        measure: *const moe_measure,
        cells: *const moe_measure,
        radius: *const f64,
        p: f64,
        lower: *mut f64,
        upper: *mut f64,
    ) -> i32;
    pub fn moe_measure_distance_image(
        context: *mut moe_context,
        measure: *const moe_measure,
        law: *const moe_law,
        count: i64,
        nodes: *const f64,
        images: *const f64,
        lipschitz: f64,
        p: f64,
        lower: *mut f64,
        upper: *mut f64,
    ) -> i32;
    // model.h
    pub fn moe_model_create(
        context: *mut moe_context,
        expert: *const moe_expert,
        n: i64,
        x: *const f64,
        y: *const f64,
        v: *const f64,
        model: *mut *mut moe_model,
    ) -> i32;
    pub fn moe_model_create_for(
        context: *mut moe_context,
        objective: *const moe_objective,
        n: i64,
        x: *const f64,
        y: *const f64,
        v: *const f64,
        model: *mut *mut moe_model,
    ) -> i32;
    pub fn moe_model_destroy(model: *mut moe_model);
    pub fn moe_model_points(model: *const moe_model) -> i64;
    pub fn moe_model_predictions(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        f: *mut f64,
    ) -> i32;
    pub fn moe_model_predict(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        m: i64,
        x: *const f64,
        f: *mut f64,
    ) -> i32;
    pub fn moe_model_loss(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        loss: *mut f64,
    ) -> i32;
    pub fn moe_model_energy(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        energy: *mut f64,
    ) -> i32;
    pub fn moe_model_drift(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        drift: *mut f64,
    ) -> i32;
    pub fn moe_model_kernel(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        na: i64,
        xa: *const f64,
        nb: i64,
        xb: *const f64,
        kernel: *mut f64,
    ) -> i32;
    pub fn moe_model_sensitivity(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        s: *mut f64,
    ) -> i32;
    pub fn moe_model_reduce(
        context: *mut moe_context,
        model: *const moe_model,
        law: *const moe_law,
        m: i64,
        x: *const f64,
        reduced: *mut *mut moe_law,
        form: *mut f64,
    ) -> i32;
    pub fn moe_model_frozen(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        count: i64,
        times: *const f64,
        m: i64,
        x: *const f64,
        f: *mut f64,
    ) -> i32;
    pub fn moe_model_curvature(
        context: *mut moe_context,
        model: *const moe_model,
        f: *const f64,
        u: *const f64,
        c: *mut f64,
    ) -> i32;
    // objective.h
    pub fn moe_objective_create(
        context: *mut moe_context,
        expert: *const moe_expert,
        objective: *mut *mut moe_objective,
    ) -> i32;
    pub fn moe_objective_destroy(objective: *mut moe_objective);
    pub fn moe_objective_set_loss(objective: *mut moe_objective, loss: i32) -> i32;
    pub fn moe_objective_set_huber(objective: *mut moe_objective, delta: f64) -> i32;
    pub fn moe_objective_set_own_loss(
        objective: *mut moe_objective,
        ops: *const moe_loss_ops,
        self_: *mut c_void,
    ) -> i32;
    pub fn moe_objective_set_decay(objective: *mut moe_objective, decay: *const f64) -> i32;
    pub fn moe_objective_set_potential(
        objective: *mut moe_objective,
        ops: *const moe_potential_ops,
        self_: *mut c_void,
    ) -> i32;
    pub fn moe_objective_set_mobility(objective: *mut moe_objective, mobility: *const f64) -> i32;
    pub fn moe_objective_set_scale(objective: *mut moe_objective, scale: f64) -> i32;
    // flow.h
    pub fn moe_flow_create(
        context: *mut moe_context,
        model: *const moe_model,
        mu: *const moe_measure,
        flow: *mut *mut moe_flow,
    ) -> i32;
    pub fn moe_flow_create_driven(
        context: *mut moe_context,
        field: *const moe_field,
        mu: *const moe_measure,
        flow: *mut *mut moe_flow,
    ) -> i32;
    pub fn moe_flow_share(
        context: *mut moe_context,
        model: *const moe_model,
        experts: i64,
        first: *mut i64,
        count: *mut i64,
    ) -> i32;
    pub fn moe_flow_create_spread(
        context: *mut moe_context,
        model: *const moe_model,
        experts: i64,
        points: *const f64,
        weights: *const f64,
        flow: *mut *mut moe_flow,
    ) -> i32;
    pub fn moe_flow_memory(
        context: *mut moe_context,
        model: *const moe_model,
        experts: i64,
        method: i32,
        looks: i32,
        bytes: *mut i64,
    ) -> i32;
    pub fn moe_flow_destroy(flow: *mut moe_flow);
    pub fn moe_flow_set_method(flow: *mut moe_flow, method: i32) -> i32;
    pub fn moe_flow_set_tolerance(flow: *mut moe_flow, relative: f64, absolute: f64) -> i32;
    pub fn moe_flow_set_steps(flow: *mut moe_flow, first: f64, longest: f64) -> i32;
    pub fn moe_flow_set_step_limit(flow: *mut moe_flow, attempts: i64) -> i32;
    pub fn moe_flow_set_observer(flow: *mut moe_flow, observer: moe_observer, self_: *mut c_void) -> i32;
    pub fn moe_flow_set_descent(flow: *mut moe_flow, on: i32) -> i32;
    pub fn moe_flow_record(flow: *mut moe_flow) -> i32;
    pub fn moe_flow_advance(flow: *mut moe_flow, time: f64) -> i32;
    pub fn moe_flow_step(flow: *mut moe_flow, limit: f64) -> i32;
    pub fn moe_flow_advance_until(
        flow: *mut moe_flow,
        time: f64,
        gradient: f64,
        loss: f64,
        reached: *mut i32,
    ) -> i32;
    pub fn moe_flow_time(flow: *const moe_flow) -> f64;
    pub fn moe_flow_points(flow: *const moe_flow) -> *const f64;
    pub fn moe_flow_measure(flow: *mut moe_flow, measure: *mut *mut moe_measure) -> i32;
    pub fn moe_flow_predictions(flow: *mut moe_flow, f: *mut f64) -> i32;
    pub fn moe_flow_loss(flow: *mut moe_flow, loss: *mut f64) -> i32;
    pub fn moe_flow_gradient(flow: *mut moe_flow, norm: *mut f64) -> i32;
    pub fn moe_flow_interpolate(flow: *mut moe_flow, time: f64, theta: *mut f64) -> i32;
    pub fn moe_flow_previous_time(flow: *const moe_flow) -> f64;
    pub fn moe_flow_counts(
        flow: *const moe_flow,
        steps: *mut i64,
        rejections: *mut i64,
        evaluations: *mut i64,
    ) -> i32;
    pub fn moe_flow_energy(flow: *mut moe_flow, dissipated: *mut f64, defect: *mut f64) -> i32;
    pub fn moe_flow_save(flow: *mut moe_flow, bytes: *mut c_void, capacity: i64, length: *mut i64) -> i32;
    pub fn moe_flow_restore(
        context: *mut moe_context,
        model: *const moe_model,
        bytes: *const c_void,
        length: i64,
        exact: *mut i32,
        flow: *mut *mut moe_flow,
    ) -> i32;
    pub fn moe_flow_restore_spread(
        context: *mut moe_context,
        model: *const moe_model,
        bytes: *const c_void,
        length: i64,
        exact: *mut i32,
        flow: *mut *mut moe_flow,
    ) -> i32;
    pub fn moe_flow_field(flow: *mut moe_flow, field: *mut *mut moe_field) -> i32;
    pub fn moe_field_destroy(field: *mut moe_field);
    pub fn moe_field_begin(field: *const moe_field) -> f64;
    pub fn moe_field_end(field: *const moe_field) -> f64;
    pub fn moe_field_predictions(
        context: *mut moe_context,
        field: *const moe_field,
        time: f64,
        f: *mut f64,
    ) -> i32;
    pub fn moe_field_map(
        context: *mut moe_context,
        field: *const moe_field,
        from: f64,
        to: f64,
        count: i64,
        theta: *const f64,
        tolerance: f64,
        image: *mut f64,
        jacobian: *mut f64,
        log_determinant: *mut f64,
    ) -> i32;
    pub fn moe_field_density(
        context: *mut moe_context,
        field: *const moe_field,
        law: *const moe_law,
        time: f64,
        count: i64,
        points: *const f64,
        tolerance: f64,
        density: *mut f64,
    ) -> i32;
    // limit.h
    pub fn moe_limit_create(
        context: *mut moe_context,
        model: *const moe_model,
        law: *const moe_law,
        limit: *mut *mut moe_limit,
    ) -> i32;
    pub fn moe_limit_destroy(limit: *mut moe_limit);
    pub fn moe_limit_set_times(limit: *mut moe_limit, count: i64, times: *const f64) -> i32;
    pub fn moe_limit_set_tolerance(limit: *mut moe_limit, tolerance: f64) -> i32;
    pub fn moe_limit_set_budget(limit: *mut moe_limit, nodes: i64, bytes: i64, seconds: f64) -> i32;
    pub fn moe_limit_solve(limit: *mut moe_limit) -> i32;
    pub fn moe_limit_errors(limit: *const moe_limit, error: *mut f64) -> i32;
    pub fn moe_limit_predictions(limit: *const moe_limit, i: i64, f: *mut f64) -> i32;
    pub fn moe_limit_measure(limit: *mut moe_limit, i: i64, measure: *mut *mut moe_measure) -> i32;
    pub fn moe_limit_field(limit: *mut moe_limit, field: *mut *mut moe_field) -> i32;
    pub fn moe_limit_sample(
        limit: *mut moe_limit,
        i: i64,
        seed: u64,
        stream: i64,
        first: i64,
        count: i64,
        measure: *mut *mut moe_measure,
    ) -> i32;
    pub fn moe_limit_effort(
        limit: *const moe_limit,
        sizes: *mut i64,
        tolerance: *mut f64,
        evaluations: *mut f64,
    ) -> i32;
    // study.h
    pub fn moe_study_create(
        context: *mut moe_context,
        model: *const moe_model,
        law: *const moe_law,
        study: *mut *mut moe_study,
    ) -> i32;
    pub fn moe_study_destroy(study: *mut moe_study);
    pub fn moe_study_set_times(study: *mut moe_study, count: i64, times: *const f64) -> i32;
    pub fn moe_study_set_experts(study: *mut moe_study, count: i64, experts: *const i64) -> i32;
    pub fn moe_study_set_replicas(study: *mut moe_study, least: i64, most: i64, precision: f64) -> i32;
    pub fn moe_study_set_seed(study: *mut moe_study, seed: u64) -> i32;
    pub fn moe_study_set_tolerance(study: *mut moe_study, tolerance: f64) -> i32;
    pub fn moe_study_set_distances(study: *mut moe_study, most_w1: i64, most_w2: i64) -> i32;
    pub fn moe_study_set_marginals(study: *mut moe_study, k: i64) -> i32;
    pub fn moe_study_run(study: *mut moe_study) -> i32;
    pub fn moe_study_save(
        study: *const moe_study,
        bytes: *mut c_void,
        capacity: i64,
        length: *mut i64,
    ) -> i32;
    pub fn moe_study_restore(study: *mut moe_study, bytes: *const c_void, length: i64) -> i32;
    pub fn moe_study_limit(study: *mut moe_study, limit: *mut *mut moe_limit) -> i32;
    pub fn moe_study_means(
        study: *const moe_study,
        quantity: i32,
        t: i64,
        mean: *mut f64,
        error: *mut f64,
        replicas: *mut i64,
    ) -> i32;
    pub fn moe_study_bias(study: *const moe_study, i: i64, t: i64, bias: *mut f64, error: *mut f64) -> i32;
    pub fn moe_study_rate(
        study: *const moe_study,
        quantity: i32,
        t: i64,
        theory: *mut f64,
        exponent: *mut f64,
        probability: *mut f64,
        fit: *mut f64,
    ) -> i32;
    pub fn moe_study_rate_form(
        study: *const moe_study,
        quantity: i32,
        t: i64,
        form: i32,
        exponent: *mut f64,
        fit: *mut f64,
    ) -> i32;
    pub fn moe_study_rate_curve(
        study: *const moe_study,
        quantity: i32,
        t: i64,
        exponent: f64,
        count: i64,
        experts: *const f64,
        mean: *mut f64,
    ) -> i32;
    pub fn moe_study_dimension(study: *const moe_study, random: *mut i64, seen: *mut i64) -> i32;
    pub fn moe_study_lipschitz(study: *mut moe_study, L1: *mut f64, L2: *mut f64, estimated: *mut i32)
        -> i32;
    pub fn moe_study_bound(study: *mut moe_study, t: i64, a_priori: *mut f64, along: *mut f64) -> i32;
    pub fn moe_field_fluctuations(
        context: *mut moe_context,
        field: *const moe_field,
        rule: *const moe_measure,
        count: i64,
        times: *const f64,
        m: i64,
        x: *const f64,
        tolerance: f64,
        covariance: *mut f64,
    ) -> i32;
    pub fn moe_field_band(
        context: *mut moe_context,
        field: *const moe_field,
        rule: *const moe_measure,
        experts: i64,
        level: f64,
        bias: *const f64,
        count: i64,
        times: *const f64,
        m: i64,
        x: *const f64,
        tolerance: f64,
        lower: *mut f64,
        upper: *mut f64,
    ) -> i32;
    pub fn moe_model_bias(
        context: *mut moe_context,
        model: *const moe_model,
        rule: *const moe_measure,
        count: i64,
        times: *const f64,
        m: i64,
        x: *const f64,
        samples: i64,
        seed: u64,
        bias: *mut f64,
        error: *mut f64,
    ) -> i32;
    // transport.h
    pub fn moe_transport_create(
        context: *mut moe_context,
        a: *const moe_measure,
        b: *const moe_measure,
        p: f64,
        transport: *mut *mut moe_transport,
    ) -> i32;
    pub fn moe_transport_destroy(transport: *mut moe_transport);
    pub fn moe_transport_set_gap(transport: *mut moe_transport, gap: f64) -> i32;
    pub fn moe_transport_solve(transport: *mut moe_transport) -> i32;
    pub fn moe_transport_bounds(transport: *const moe_transport, lower: *mut f64, upper: *mut f64) -> i32;
    pub fn moe_transport_method(transport: *const moe_transport) -> *const c_char;
    pub fn moe_transport_plan(
        transport: *mut moe_transport,
        count: *mut i64,
        rows: *mut *const i64,
        columns: *mut *const i64,
        masses: *mut *const f64,
    ) -> i32;
    pub fn moe_transport_potentials(
        transport: *mut moe_transport,
        phi: *mut *const f64,
        psi: *mut *const f64,
    ) -> i32;
    // qnn.h
    pub fn qnn_circuit_create(
        context: *mut moe_context,
        qubits: i64,
        parameters: i64,
        inputs: i64,
        outputs: i64,
        circuit: *mut *mut qnn_circuit,
    ) -> i32;
    pub fn qnn_circuit_destroy(circuit: *mut qnn_circuit);
    pub fn qnn_circuit_rotation(
        circuit: *mut qnn_circuit,
        pauli: *const c_char,
        qubits: *const i64,
        source: i32,
        index: i64,
        scale: f64,
        shift: f64,
    ) -> i32;
    pub fn qnn_circuit_gate(circuit: *mut qnn_circuit, name: *const c_char, qubits: *const i64) -> i32;
    pub fn qnn_circuit_unitary(
        circuit: *mut qnn_circuit,
        count: i64,
        qubits: *const i64,
        matrix: *const f64,
    ) -> i32;
    pub fn qnn_circuit_observable(
        circuit: *mut qnn_circuit,
        output: i64,
        coefficient: f64,
        pauli: *const c_char,
    ) -> i32;
    pub fn qnn_circuit_set_precision(circuit: *mut qnn_circuit, precision: i32) -> i32;
    pub fn qnn_circuit_set_kernel(circuit: *mut qnn_circuit, kernel: i32) -> i32;
    pub fn qnn_circuit_period(circuit: *const qnn_circuit, index: i64) -> f64;
    pub fn qnn_circuit_read(
        context: *mut moe_context,
        text: *const c_char,
        length: i64,
        circuit: *mut *mut qnn_circuit,
    ) -> i32;
    pub fn qnn_circuit_write(
        circuit: *const qnn_circuit,
        text: *mut c_char,
        capacity: i64,
        length: *mut i64,
    ) -> i32;
    pub fn qnn_expert_create(
        context: *mut moe_context,
        circuit: *const qnn_circuit,
        period: *const f64,
        expert: *mut *mut moe_expert,
    ) -> i32;
}
