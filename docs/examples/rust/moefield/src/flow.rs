//! The gradient flow of a model, and the field that a flow leaves behind.
// SPDX-License-Identifier: MIT

use crate::arrays::{borrowed, exactly_if_given, pointer, rows, zeros};
use crate::callbacks::{guarded, Outcome};
use crate::context::Context;
use crate::error::Result;
use crate::measure::{Law, Measure};
use crate::model::{Model, Shape};
use moefield_sys as sys;
use std::ops::Deref;
use std::os::raw::c_void;
use std::ptr;

/// How a flow is integrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Dopri5,
    Dop853,
    Adams,
    Rkc,
    LowStorage,
}

/// What ended `Flow::advance_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Time,
    Gradient,
    Loss,
}

/// Accepted steps, rejected attempts, right-hand sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub steps: i64,
    pub rejections: i64,
    pub evaluations: i64,
}

// ---- what a flow knows ------------------------------------------------------------------------------------------

/// A flow at its present time, to be read: what an observer sees.
pub struct FlowState {
    raw: *mut sys::moe_flow,
    context: Context,
    shape: Shape,
    count: usize,
}

impl FlowState {
    pub fn time(&self) -> f64 {
        unsafe { sys::moe_flow_time(self.raw) }
    }

    /// When the last accepted step began.
    pub fn previous_time(&self) -> f64 {
        unsafe { sys::moe_flow_previous_time(self.raw) }
    }

    /// The points, count x d, lifted, until the flow next changes.
    pub fn points(&self) -> &[f64] {
        unsafe { borrowed(sys::moe_flow_points(self.raw), self.count * self.shape.parameters) }
    }

    /// A copy of the points with their weights.
    pub fn measure(&self) -> Result<Measure> {
        self.context.made(|out| unsafe { sys::moe_flow_measure(self.raw, out) }).map(Measure::of)
    }

    /// F at the training inputs, n x K.
    pub fn predictions(&self) -> Result<Vec<f64>> {
        let mut f = zeros(&self.shape.width(0))?;
        self.context.check(unsafe { sys::moe_flow_predictions(self.raw, f.as_mut_ptr()) })?;
        Ok(f)
    }

    pub fn loss(&self) -> Result<f64> {
        let mut loss = 0.0;
        self.context.check(unsafe { sys::moe_flow_loss(self.raw, &mut loss) })?;
        Ok(loss)
    }

    /// How far the flow is from rest.
    pub fn gradient(&self) -> Result<f64> {
        let mut norm = 0.0;
        self.context.check(unsafe { sys::moe_flow_gradient(self.raw, &mut norm) })?;
        Ok(norm)
    }

    /// The points, count x d, at a time within the last accepted step.
    pub fn interpolate(&self, time: f64) -> Result<Vec<f64>> {
        let mut theta = zeros(&[self.count, self.shape.parameters])?;
        self.context.check(unsafe { sys::moe_flow_interpolate(self.raw, time, theta.as_mut_ptr()) })?;
        Ok(theta)
    }

    /// The flow as bytes, from which another one goes on (`Flow::restored`).
    pub fn save(&self) -> Result<Vec<u8>> {
        let mut length = 0;
        self.context.check(unsafe { sys::moe_flow_save(self.raw, ptr::null_mut(), 0, &mut length) })?;
        let mut bytes = vec![0u8; length as usize];
        let out = bytes.as_mut_ptr().cast();
        self.context.check(unsafe { sys::moe_flow_save(self.raw, out, bytes.len() as i64, &mut length) })?;
        Ok(bytes)
    }

    pub fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        let Counts { steps, rejections, evaluations } = &mut counts;
        self.context.check(unsafe { sys::moe_flow_counts(self.raw, steps, rejections, evaluations) })?;
        Ok(counts)
    }

    /// The energy that was dissipated, and the defect of the energy identity.
    pub fn energy(&self) -> Result<(f64, f64)> {
        let (mut dissipated, mut defect) = (0.0, 0.0);
        self.context.check(unsafe { sys::moe_flow_energy(self.raw, &mut dissipated, &mut defect) })?;
        Ok((dissipated, defect))
    }

    /// What has been recorded so far.
    pub fn field(&self) -> Result<Field> {
        let raw = self.context.made(|out| unsafe { sys::moe_flow_field(self.raw, out) })?;
        Ok(Field::of(raw, self.shape))
    }
}

// ---- the flow ---------------------------------------------------------------------------------------------------

struct Observer {
    context: Context,
    shape: Shape,
    count: usize,
    observe: Box<dyn FnMut(&FlowState) -> Outcome>,
}

unsafe extern "C" fn on_step(own: *mut c_void, flow: *mut sys::moe_flow) -> i32 {
    guarded(|| {
        let own = &mut *own.cast::<Observer>();
        let state = FlowState { raw: flow, context: own.context.clone(), shape: own.shape, count: own.count };
        (own.observe)(&state)
    })
}

/// A model's gradient flow from a measure, or points that a field drives. What it knows: [`FlowState`].
pub struct Flow {
    state: FlowState,
    observer: *mut Observer,
}

impl Deref for Flow {
    type Target = FlowState;

    fn deref(&self) -> &FlowState {
        &self.state
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        unsafe {
            sys::moe_flow_destroy(self.state.raw);
            self.forget_observer();
        }
    }
}

impl Flow {
    /// From mu at time 0, by Dop853 with tolerances 1e-8.
    pub fn new(context: &Context, model: &Model, mu: &Measure) -> Result<Flow> {
        let raw =
            context.made(|out| unsafe { sys::moe_flow_create(context.raw(), model.raw(), mu.raw(), out) })?;
        Ok(Flow::of(context, raw, model.shape(), mu))
    }

    /// The points of mu, driven by the field from its first time on.
    pub fn driven(context: &Context, field: &Field, mu: &Measure) -> Result<Flow> {
        let raw = context
            .made(|out| unsafe { sys::moe_flow_create_driven(context.raw(), field.raw, mu.raw(), out) })?;
        Ok(Flow::of(context, raw, field.shape, mu))
    }

    /// The flow that `save` gave as bytes, of the same model; and whether the model's bits are the same too.
    pub fn restored(context: &Context, model: &Model, bytes: &[u8]) -> Result<(Flow, bool)> {
        let (length, mut exact) = (bytes.len() as i64, 0);
        let raw = context.made(|out| unsafe {
            sys::moe_flow_restore(
                context.raw(),
                model.raw(),
                bytes.as_ptr().cast(),
                length,
                &mut exact,
                out,
            )
        })?;
        let state = FlowState { raw, context: context.clone(), shape: model.shape(), count: 0 };
        let mut flow = Flow { state, observer: ptr::null_mut() };
        flow.state.count = flow.measure()?.count();
        Ok((flow, exact != 0))
    }

    fn of(context: &Context, raw: *mut sys::moe_flow, shape: Shape, mu: &Measure) -> Flow {
        let state = FlowState { raw, context: context.clone(), shape, count: mu.count() };
        Flow { state, observer: ptr::null_mut() }
    }

    fn check(&self, status: i32) -> Result<()> {
        self.state.context.check(status)
    }

    /// Before the first step.
    pub fn set_method(&mut self, method: Method) -> Result<()> {
        let number = match method {
            Method::Dopri5 => sys::MOE_METHOD_DOPRI5,
            Method::Dop853 => sys::MOE_METHOD_DOP853,
            Method::Adams => sys::MOE_METHOD_ADAMS,
            Method::Rkc => sys::MOE_METHOD_RKC,
            Method::LowStorage => sys::MOE_METHOD_LOW_STORAGE,
        };
        self.check(unsafe { sys::moe_flow_set_method(self.state.raw, number) })
    }

    pub fn set_tolerance(&mut self, relative: f64, absolute: f64) -> Result<()> {
        self.check(unsafe { sys::moe_flow_set_tolerance(self.state.raw, relative, absolute) })
    }

    /// The length of the first step, 0 for one that is chosen, and the longest of any.
    pub fn set_steps(&mut self, first: f64, longest: f64) -> Result<()> {
        self.check(unsafe { sys::moe_flow_set_steps(self.state.raw, first, longest) })
    }

    pub fn set_step_limit(&mut self, attempts: i64) -> Result<()> {
        self.check(unsafe { sys::moe_flow_set_step_limit(self.state.raw, attempts) })
    }

    /// Whether no accepted step may raise the energy.
    pub fn set_descent(&mut self, on: bool) -> Result<()> {
        self.check(unsafe { sys::moe_flow_set_descent(self.state.raw, i32::from(on)) })
    }

    /// Called on this thread after every accepted step; an `Err` ends the advance, the step stays.
    pub fn set_observer(&mut self, observe: impl FnMut(&FlowState) -> Outcome + 'static) -> Result<()> {
        let FlowState { raw, ref context, shape, count } = self.state;
        let observer =
            Box::new(Observer { context: context.clone(), shape, count, observe: Box::new(observe) });
        let observer = Box::into_raw(observer);
        let status = unsafe { sys::moe_flow_set_observer(raw, Some(on_step), observer.cast()) };
        if status != sys::MOE_OK {
            drop(unsafe { Box::from_raw(observer) });
            return self.check(status);
        }
        unsafe { self.forget_observer() };
        self.observer = observer;
        Ok(())
    }

    pub fn clear_observer(&mut self) -> Result<()> {
        self.check(unsafe { sys::moe_flow_set_observer(self.state.raw, None, ptr::null_mut()) })?;
        unsafe { self.forget_observer() };
        Ok(())
    }

    /// # Safety
    /// The library does not know the observer any more.
    unsafe fn forget_observer(&mut self) {
        if !self.observer.is_null() {
            drop(Box::from_raw(std::mem::replace(&mut self.observer, ptr::null_mut())));
        }
    }

    /// Records the predictions from now on, for `field`; before the first step.
    pub fn record(&mut self) -> Result<()> {
        self.check(unsafe { sys::moe_flow_record(self.state.raw) })
    }

    /// Advances to `time` and lands on it. On failure the flow stays at the last accepted step.
    pub fn advance(&mut self, time: f64) -> Result<()> {
        self.check(unsafe { sys::moe_flow_advance(self.state.raw, time) })
    }

    /// One accepted step, not beyond `limit`.
    pub fn step(&mut self, limit: f64) -> Result<()> {
        self.check(unsafe { sys::moe_flow_step(self.state.raw, limit) })
    }

    /// Advances until the slope's norm or the loss is small enough, or to `time`.
    pub fn advance_until(&mut self, time: f64, gradient: f64, loss: f64) -> Result<Reached> {
        let mut reached = sys::MOE_REACHED_TIME;
        let status =
            unsafe { sys::moe_flow_advance_until(self.state.raw, time, gradient, loss, &mut reached) };
        self.check(status)?;
        Ok(match reached {
            sys::MOE_REACHED_GRADIENT => Reached::Gradient,
            sys::MOE_REACHED_LOSS => Reached::Loss,
            _ => Reached::Time,
        })
    }
}

// ---- the field --------------------------------------------------------------------------------------------------

/// A flow's predictions in time; `Send` and `Sync`.
pub struct Field {
    raw: *mut sys::moe_field,
    shape: Shape,
}

// A field never changes; its model is `Send` and `Sync`.
unsafe impl Send for Field {}
unsafe impl Sync for Field {}

impl Drop for Field {
    fn drop(&mut self) {
        unsafe { sys::moe_field_destroy(self.raw) }
    }
}

/// The flow map of a field at some points: images, count x d; Jacobians, count x d x d; logarithms of their
/// determinants, count.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowMap {
    pub image: Vec<f64>,
    pub jacobian: Vec<f64>,
    pub log_determinant: Vec<f64>,
}

impl Field {
    pub(crate) fn of(raw: *mut sys::moe_field, shape: Shape) -> Field {
        Field { raw, shape }
    }

    pub fn begin(&self) -> f64 {
        unsafe { sys::moe_field_begin(self.raw) }
    }

    pub fn end(&self) -> f64 {
        unsafe { sys::moe_field_end(self.raw) }
    }

    /// F at the training inputs, n x K.
    pub fn predictions(&self, context: &Context, time: f64) -> Result<Vec<f64>> {
        let mut f = zeros(&self.shape.width(0))?;
        let out = f.as_mut_ptr();
        context.check(unsafe { sys::moe_field_predictions(context.raw(), self.raw, time, out) })?;
        Ok(f)
    }

    /// Where characteristics lead from one time to another, with their derivatives; theta: count x d.
    pub fn map(
        &self,
        context: &Context,
        from: f64,
        to: f64,
        theta: &[f64],
        tolerance: f64,
    ) -> Result<FlowMap> {
        let d = self.shape.parameters;
        let count = rows("theta", theta.len(), d)?;
        let mut map = FlowMap {
            image: vec![0.0; theta.len()],
            jacobian: zeros(&[theta.len(), d])?,
            log_determinant: vec![0.0; count as usize],
        };
        context.check(unsafe {
            sys::moe_field_map(
                context.raw(),
                self.raw,
                from,
                to,
                count,
                theta.as_ptr(),
                tolerance,
                map.image.as_mut_ptr(),
                map.jacobian.as_mut_ptr(),
                map.log_determinant.as_mut_ptr(),
            )
        })?;
        Ok(map)
    }

    /// The density of a law's image at a time, at count x d points.
    pub fn density(&self, law: &Law, time: f64, points: &[f64], tolerance: f64) -> Result<Vec<f64>> {
        let context = law.context();
        let count = rows("points", points.len(), self.shape.parameters)?;
        let mut density = vec![0.0; count as usize];
        let (points, out) = (points.as_ptr(), density.as_mut_ptr());
        context.check(unsafe {
            sys::moe_field_density(context.raw(), self.raw, law.raw(), time, count, points, tolerance, out)
        })?;
        Ok(density)
    }

    /// Covariance of the predictions' fluctuations, (times m K) x (times m K); None for the training inputs.
    pub fn fluctuations(
        &self,
        context: &Context,
        rule: &Measure,
        times: &[f64],
        x: Option<&[f64]>,
        tolerance: f64,
    ) -> Result<Vec<f64>> {
        let (m, x) = self.shape.inputs_given(x)?;
        let [rows, outputs] = self.shape.width(m);
        let mut covariance = zeros(&[times.len(), rows, outputs, times.len(), rows, outputs])?;
        let (count, times, out) = (times.len() as i64, times.as_ptr(), covariance.as_mut_ptr());
        context.check(unsafe {
            sys::moe_field_fluctuations(
                context.raw(),
                self.raw,
                rule.raw(),
                count,
                times,
                m,
                x,
                tolerance,
                out,
            )
        })?;
        Ok(covariance)
    }

    /// The band, lower and upper, times x m x K each, in which the predictions of one mixture lie.
    #[allow(clippy::too_many_arguments)]
    pub fn band(
        &self,
        context: &Context,
        rule: &Measure,
        experts: i64,
        level: f64,
        bias: Option<&[f64]>,
        times: &[f64],
        x: Option<&[f64]>,
        tolerance: f64,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let (m, x) = self.shape.inputs_given(x)?;
        let [rows, outputs] = self.shape.width(m);
        let mut lower = zeros(&[times.len(), rows, outputs])?;
        let mut upper = lower.clone();
        exactly_if_given("bias", bias, lower.len())?;
        context.check(unsafe {
            sys::moe_field_band(
                context.raw(),
                self.raw,
                rule.raw(),
                experts,
                level,
                pointer(bias),
                times.len() as i64,
                times.as_ptr(),
                m,
                x,
                tolerance,
                lower.as_mut_ptr(),
                upper.as_mut_ptr(),
            )
        })?;
        Ok((lower, upper))
    }
}
