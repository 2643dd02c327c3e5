//! libmoefield for Rust: mixtures of experts, their gradient flow, their mean-field limit, and the distance between
//! the two. The functions' mathematics, shapes and costs stand in the C headers (`moefield/*.h`), whose names are
//! kept; this page says what Rust adds.
//!
//! **Ownership.** Every handle gives itself back when it is dropped, in any order: what a handle needs of others is
//! kept by the library, or by the handle.
//!
//! **Arrays** are row-major slices whose lengths are checked here; results come as `Vec`, or as slices that borrow
//! the handle which owns them.
//!
//! **Errors.** [`Error`] has the status, its name, and the library's sentence, which names argument and value.
//!
//! **Threads.** [`ExpertHandle`], [`Model`], [`Measure`] and [`Field`] never change: they are `Send` and `Sync`.
//! [`Context`] and what belongs to it (laws, objectives, flows, limits, studies, transports, circuits) are used by one
//! thread at a time, together, and so are neither: make a context on each thread. A [`CancelHandle`] goes anywhere.
//!
//! **Panics** in experts, losses, potentials, laws, observers and progress callbacks do not cross C: the call ends,
//! everything is released, and the panic goes on from the call that it ended, on the thread that made it.
// SPDX-License-Identifier: MIT

mod arrays;
mod callbacks;
mod circuit;
mod context;
mod error;
mod expert;
mod flow;
mod limit;
mod measure;
mod model;
mod objective;
mod study;
mod transport;

pub use callbacks::{Failure, Outcome};
pub use circuit::{Angle, Circuit, Kernel, Precision};
pub use context::{build_info, version, CancelHandle, Context, Tasks};
pub use error::{Error, Result};
pub use expert::{Batch, Bounds, Directions, Expert, ExpertHandle, Promises, Tangent};
pub use flow::{Counts, Field, Flow, FlowMap, FlowState, Method, Reached};
pub use limit::{Effort, Limit, LimitResult};
pub use measure::{Interval, Law, Measure, ModeDistance, Moments};
pub use model::{Bias, Model, Reduced};
pub use moefield_sys as sys;
pub use objective::{BuiltinLoss, Loss, Objective, Potential};
pub use study::{Exponent, Fit, Means, Quantity, Rate, RateForm, Study, StudyLimit};
pub use transport::{Plan, Transport};
