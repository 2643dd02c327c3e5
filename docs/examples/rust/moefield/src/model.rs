//! A model: expert, training data and objective; what a measure predicts and what it feels.
// SPDX-License-Identifier: MIT

use crate::arrays::{exactly, exactly_if_given, pointer, rows, zeros};
use crate::context::Context;
use crate::error::Result;
use crate::expert::ExpertHandle;
use crate::measure::{Law, Measure};
use crate::objective::Objective;
use moefield_sys as sys;
use std::ptr;

/// The numbers that arrays of a model are shaped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub points: usize,
    pub parameters: usize,
    pub inputs: usize,
    pub outputs: usize,
}

impl Shape {
    /// m and pointer of m x p inputs; None for the training inputs, which are 0 and NULL.
    pub(crate) fn inputs_given(&self, x: Option<&[f64]>) -> Result<(i64, *const f64)> {
        match x {
            Some([]) => exactly("x", 0, self.inputs).map(|()| (0, ptr::null())),
            Some(x) => Ok((rows("x", x.len(), self.inputs)?, x.as_ptr())),
            None => Ok((0, ptr::null())),
        }
    }

    /// m K, for m inputs or the training inputs.
    pub(crate) fn width(&self, m: i64) -> [usize; 2] {
        [if m > 0 { m as usize } else { self.points }, self.outputs]
    }
}

/// Parameters, inputs and outputs of an expert.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub parameters: usize,
    pub inputs: usize,
    pub outputs: usize,
}

impl Sides {
    pub(crate) fn of(expert: &ExpertHandle) -> Sides {
        Sides { parameters: expert.parameters(), inputs: expert.inputs(), outputs: expert.outputs() }
    }

    fn with_points(self, x: &[f64], y: &[f64], v: Option<&[f64]>) -> Result<Shape> {
        let Sides { parameters, inputs, outputs } = self;
        let points = rows("x", x.len(), inputs)? as usize;
        exactly("y", y.len(), points * outputs)?;
        exactly_if_given("v", v, points)?;
        Ok(Shape { points, parameters, inputs, outputs })
    }
}

/// An expert with a training set of n points and an objective; `Send` and `Sync`.
pub struct Model {
    raw: *mut sys::moe_model,
    shape: Shape,
}

// A model never changes; its expert, loss and potential are `Send + Sync` or the library's.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}

impl Drop for Model {
    fn drop(&mut self) {
        unsafe { sys::moe_model_destroy(self.raw) }
    }
}

/// A law with redundant coordinates fixed, and the linear form, d x d, through which the outputs see theta.
pub struct Reduced {
    pub law: Law,
    pub form: Vec<f64>,
}

/// lim N (E F_N - F), times x m x K, and its standard error.
#[derive(Clone, Debug, PartialEq)]
pub struct Bias {
    pub bias: Vec<f64>,
    pub error: Vec<f64>,
}

impl Model {
    /// x: n x p inputs; y: n x K targets; v: n sample weights that sum to 1, or None. The square loss.
    pub fn new(
        context: &Context,
        expert: &ExpertHandle,
        x: &[f64],
        y: &[f64],
        v: Option<&[f64]>,
    ) -> Result<Model> {
        let shape = Sides::of(expert).with_points(x, y, v)?;
        let (n, x, y, v) = (shape.points as i64, x.as_ptr(), y.as_ptr(), pointer(v));
        let raw = context
            .made(|out| unsafe { sys::moe_model_create(context.raw(), expert.raw(), n, x, y, v, out) })?;
        Ok(Model { raw, shape })
    }

    /// The same for an objective's expert, with the objective as it now is.
    pub fn with_objective(
        context: &Context,
        objective: &Objective,
        x: &[f64],
        y: &[f64],
        v: Option<&[f64]>,
    ) -> Result<Model> {
        let shape = objective.sides().with_points(x, y, v)?;
        let (n, x, y, v) = (shape.points as i64, x.as_ptr(), y.as_ptr(), pointer(v));
        let raw = context.made(|out| unsafe {
            sys::moe_model_create_for(context.raw(), objective.raw(), n, x, y, v, out)
        })?;
        Ok(Model { raw, shape })
    }

    pub(crate) fn raw(&self) -> *const sys::moe_model {
        self.raw
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of training points n.
    pub fn points(&self) -> usize {
        self.shape.points
    }

    /// F at the training inputs, n x K.
    pub fn predictions(&self, context: &Context, mu: &Measure) -> Result<Vec<f64>> {
        let mut f = zeros(&self.shape.width(0))?;
        let out = f.as_mut_ptr();
        context.check(unsafe { sys::moe_model_predictions(context.raw(), self.raw, mu.raw(), out) })?;
        Ok(f)
    }

    /// F at m x p inputs, m x K.
    pub fn predict(&self, context: &Context, mu: &Measure, x: &[f64]) -> Result<Vec<f64>> {
        let m = rows("x", x.len(), self.shape.inputs)?;
        let mut f = zeros(&[m as usize, self.shape.outputs])?;
        let (x, out) = (x.as_ptr(), f.as_mut_ptr());
        context.check(unsafe { sys::moe_model_predict(context.raw(), self.raw, mu.raw(), m, x, out) })?;
        Ok(f)
    }

    /// E(mu).
    pub fn loss(&self, context: &Context, mu: &Measure) -> Result<f64> {
        let mut loss = 0.0;
        context.check(unsafe { sys::moe_model_loss(context.raw(), self.raw, mu.raw(), &mut loss) })?;
        Ok(loss)
    }

    /// A(mu), which the flow lowers.
    pub fn energy(&self, context: &Context, mu: &Measure) -> Result<f64> {
        let mut energy = 0.0;
        context.check(unsafe { sys::moe_model_energy(context.raw(), self.raw, mu.raw(), &mut energy) })?;
        Ok(energy)
    }

    /// The velocity of each point of mu, count x d.
    pub fn drift(&self, context: &Context, mu: &Measure) -> Result<Vec<f64>> {
        let mut drift = zeros(&[mu.count(), self.shape.parameters])?;
        let out = drift.as_mut_ptr();
        context.check(unsafe { sys::moe_model_drift(context.raw(), self.raw, mu.raw(), out) })?;
        Ok(drift)
    }

    /// The neural tangent kernel, na x K x nb x K; symmetric if xb is xa itself.
    pub fn kernel(&self, context: &Context, mu: &Measure, xa: &[f64], xb: &[f64]) -> Result<Vec<f64>> {
        let na = rows("xa", xa.len(), self.shape.inputs)?;
        let nb = rows("xb", xb.len(), self.shape.inputs)?;
        let outputs = self.shape.outputs;
        let mut kernel = zeros(&[na as usize, outputs, nb as usize, outputs])?;
        let (xa, xb, out) = (xa.as_ptr(), xb.as_ptr(), kernel.as_mut_ptr());
        context.check(unsafe {
            sys::moe_model_kernel(context.raw(), self.raw, mu.raw(), na, xa, nb, xb, out)
        })?;
        Ok(kernel)
    }

    /// How much the outputs depend on each coordinate, d x d.
    pub fn sensitivity(&self, context: &Context, mu: &Measure) -> Result<Vec<f64>> {
        let mut s = zeros(&[self.shape.parameters, self.shape.parameters])?;
        let out = s.as_mut_ptr();
        context.check(unsafe { sys::moe_model_sensitivity(context.raw(), self.raw, mu.raw(), out) })?;
        Ok(s)
    }

    /// A law with the same predictions at the data, and at `x` if given, with redundant coordinates fixed.
    pub fn reduce(&self, law: &Law, x: Option<&[f64]>) -> Result<Reduced> {
        let context = law.context();
        let d = self.shape.parameters;
        let (m, x) = self.shape.inputs_given(x)?;
        let mut form = zeros(&[d, d])?;
        let out_form = form.as_mut_ptr();
        let raw = context.made(|out| unsafe {
            sys::moe_model_reduce(context.raw(), self.raw, law.raw(), m, x, out, out_form)
        })?;
        Ok(Reduced { law: Law::of(raw, law), form })
    }

    /// Predictions in the lazy regime, times x m x K; None for the training inputs.
    pub fn frozen(
        &self,
        context: &Context,
        mu: &Measure,
        times: &[f64],
        x: Option<&[f64]>,
    ) -> Result<Vec<f64>> {
        let (m, x) = self.shape.inputs_given(x)?;
        let [rows, outputs] = self.shape.width(m);
        let mut f = zeros(&[times.len(), rows, outputs])?;
        let (count, times, out) = (times.len() as i64, times.as_ptr(), f.as_mut_ptr());
        context.check(unsafe {
            sys::moe_model_frozen(context.raw(), self.raw, mu.raw(), count, times, m, x, out)
        })?;
        Ok(f)
    }

    /// The loss's second derivative at predictions f, applied to u; all n x K.
    pub fn curvature(&self, context: &Context, f: &[f64], u: &[f64]) -> Result<Vec<f64>> {
        let width = self.shape.points * self.shape.outputs;
        exactly("f", f.len(), width)?;
        exactly("u", u.len(), width)?;
        let mut c = vec![0.0; width];
        let (f, u, out) = (f.as_ptr(), u.as_ptr(), c.as_mut_ptr());
        context.check(unsafe { sys::moe_model_curvature(context.raw(), self.raw, f, u, out) })?;
        Ok(c)
    }

    /// The mean error of N experts' predictions in units of 1/N, from a rule for the initial law.
    pub fn bias(
        &self,
        context: &Context,
        rule: &Measure,
        times: &[f64],
        x: Option<&[f64]>,
        samples: i64,
        seed: u64,
    ) -> Result<Bias> {
        let (m, x) = self.shape.inputs_given(x)?;
        let [rows, outputs] = self.shape.width(m);
        let mut bias = zeros(&[times.len(), rows, outputs])?;
        let mut error = bias.clone();
        context.check(unsafe {
            sys::moe_model_bias(
                context.raw(),
                self.raw,
                rule.raw(),
                times.len() as i64,
                times.as_ptr(),
                m,
                x,
                samples,
                seed,
                bias.as_mut_ptr(),
                error.as_mut_ptr(),
            )
        })?;
        Ok(Bias { bias, error })
    }
}
