//! The mean-field limit of a model to a tolerance.
// SPDX-License-Identifier: MIT

use crate::arrays::zeros;
use crate::context::Context;
use crate::error::Result;
use crate::flow::Field;
use crate::measure::{Law, Measure};
use crate::model::{Model, Shape};
use moefield_sys as sys;
use std::ops::Deref;

/// What a limit took: nodes in each coordinate (0 where lattices sample it), the tolerance in time, and the experts'
/// evaluations.
#[derive(Clone, Debug, PartialEq)]
pub struct Effort {
    pub sizes: Vec<i64>,
    pub tolerance: f64,
    pub evaluations: f64,
}

/// What a limit that has been solved knows: of a [`Limit`], or of a study's.
pub struct LimitResult {
    raw: *mut sys::moe_limit,
    context: Context,
    shape: Shape,
    times: usize,
}

impl LimitResult {
    pub(crate) fn of(raw: *mut sys::moe_limit, context: &Context, shape: Shape, times: usize) -> LimitResult {
        LimitResult { raw, context: context.clone(), shape, times }
    }

    /// An estimate of the largest error of the predictions at each time.
    pub fn errors(&self) -> Result<Vec<f64>> {
        let mut error = vec![0.0; self.times];
        self.context.check(unsafe { sys::moe_limit_errors(self.raw, error.as_mut_ptr()) })?;
        Ok(error)
    }

    /// F at the time of index i and the training inputs, n x K.
    pub fn predictions(&self, i: usize) -> Result<Vec<f64>> {
        let mut f = zeros(&self.shape.width(0))?;
        self.context.check(unsafe { sys::moe_limit_predictions(self.raw, i as i64, f.as_mut_ptr()) })?;
        Ok(f)
    }

    /// The rule's image at the time of index i.
    pub fn measure(&self, i: usize) -> Result<Measure> {
        self.context.made(|out| unsafe { sys::moe_limit_measure(self.raw, i as i64, out) }).map(Measure::of)
    }

    /// The predictions in time; computed when first asked for.
    pub fn field(&self) -> Result<Field> {
        let raw = self.context.made(|out| unsafe { sys::moe_limit_field(self.raw, out) })?;
        Ok(Field::of(raw, self.shape))
    }

    /// Independent draws of mu_t at the time of index i.
    pub fn sample(&self, i: usize, seed: u64, stream: i64, first: i64, count: usize) -> Result<Measure> {
        let (i, count) = (i as i64, count as i64);
        self.context
            .made(|out| unsafe { sys::moe_limit_sample(self.raw, i, seed, stream, first, count, out) })
            .map(Measure::of)
    }

    pub fn effort(&self) -> Result<Effort> {
        let sizes = vec![0; self.shape.parameters];
        let mut effort = Effort { sizes, tolerance: 0.0, evaluations: 0.0 };
        let Effort { sizes, tolerance, evaluations } = &mut effort;
        let sizes = sizes.as_mut_ptr();
        self.context.check(unsafe { sys::moe_limit_effort(self.raw, sizes, tolerance, evaluations) })?;
        Ok(effort)
    }
}

/// The limit of a model from a law: at time 1 to 1e-6 at first. Once solved it is a [`LimitResult`].
pub struct Limit {
    result: LimitResult,
}

impl Deref for Limit {
    type Target = LimitResult;

    fn deref(&self) -> &LimitResult {
        &self.result
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        unsafe { sys::moe_limit_destroy(self.result.raw) }
    }
}

impl Limit {
    pub fn new(model: &Model, law: &Law) -> Result<Limit> {
        let context = law.context();
        let raw = context
            .made(|out| unsafe { sys::moe_limit_create(context.raw(), model.raw(), law.raw(), out) })?;
        Ok(Limit { result: LimitResult::of(raw, context, model.shape(), 1) })
    }

    fn check(&self, status: i32) -> Result<()> {
        self.result.context.check(status)
    }

    /// The times, ascending, at which the limit is wanted.
    pub fn set_times(&mut self, times: &[f64]) -> Result<()> {
        let count = times.len();
        self.check(unsafe { sys::moe_limit_set_times(self.result.raw, count as i64, times.as_ptr()) })?;
        self.result.times = count;
        Ok(())
    }

    /// The error of the predictions that is allowed.
    pub fn set_tolerance(&mut self, tolerance: f64) -> Result<()> {
        self.check(unsafe { sys::moe_limit_set_tolerance(self.result.raw, tolerance) })
    }

    /// Nodes of one rule, bytes of one flow, seconds in all (infinity for no limit).
    pub fn set_budget(&mut self, nodes: i64, bytes: i64, seconds: f64) -> Result<()> {
        self.check(unsafe { sys::moe_limit_set_budget(self.result.raw, nodes, bytes, seconds) })
    }

    /// Computes. After `MOE_ERROR_BUDGET` and `MOE_ERROR_CANCELLED` the best result so far is there, if any.
    pub fn solve(&mut self) -> Result<()> {
        self.check(unsafe { sys::moe_limit_solve(self.result.raw) })
    }
}
