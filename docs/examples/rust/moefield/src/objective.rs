//! What a model is trained for: loss, potential, mobility and scale.
// SPDX-License-Identifier: MIT

use crate::arrays::{borrowed, borrowed_mut, exactly_if_given, pointer};
use crate::callbacks::{guarded, guarded_here, let_go, Failure, Outcome};
use crate::context::Context;
use crate::error::Result;
use crate::expert::ExpertHandle;
use crate::model::Sides;
use moefield_sys as sys;
use std::os::raw::c_void;
use std::ptr;

/// The losses that the library has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BuiltinLoss {
    /// 1/2 |f - y|^2
    Square,
    /// sum_k log(1 + e^f_k) - y_k f_k, each y_k in [0, 1]
    Logistic,
    /// log sum_k e^f_k - <y, f>
    Softmax,
    /// Huber's, square up to delta.
    Huber(f64),
}

/// A loss of the host's own: n samples of K outputs and labels, arrays n x K.
pub trait Loss: Send + Sync + 'static {
    /// value[j] = l(f_j, y_j)
    fn value(&self, outputs: usize, f: &[f64], y: &[f64], value: &mut [f64]) -> Outcome;

    /// r[j,k] = dl/df_k (f_j, y_j)
    fn residual(&self, outputs: usize, f: &[f64], y: &[f64], r: &mut [f64]) -> Outcome;

    /// Whether there is a `curvature`.
    const CURVATURE: bool = false;

    /// c[j,k] = sum_l d^2 l/df_k df_l (f_j, y_j) u[j,l]
    fn curvature(&self, _outputs: usize, _f: &[f64], _y: &[f64], _u: &[f64], _c: &mut [f64]) -> Outcome {
        Err(Failure::Stop(0))
    }

    /// Whether y, K numbers, are labels of one sample.
    fn takes(&self, _y: &[f64]) -> bool {
        true
    }
}

/// A potential of the host's own on the parameters, with the expert's periods.
pub trait Potential: Send + Sync + 'static {
    /// value[i] = V(theta_i)                                                                  theta: count x d
    fn value(&self, parameters: usize, theta: &[f64], value: &mut [f64]) -> Outcome;

    /// g[i,a] = d/dtheta_a V(theta_i)                                                             g: count x d
    fn gradient(&self, parameters: usize, theta: &[f64], g: &mut [f64]) -> Outcome;
}

// ---- what C calls -----------------------------------------------------------------------------------------------

unsafe extern "C" fn loss_value<L: Loss>(
    own: *mut c_void,
    n: i64,
    k: i64,
    f: *const f64,
    y: *const f64,
    value: *mut f64,
) -> i32 {
    guarded(|| {
        let (n, k) = (n as usize, k as usize);
        let (f, y) = (borrowed(f, n * k), borrowed(y, n * k));
        (*own.cast::<L>()).value(k, f, y, borrowed_mut(value, n))
    })
}

unsafe extern "C" fn loss_residual<L: Loss>(
    own: *mut c_void,
    n: i64,
    k: i64,
    f: *const f64,
    y: *const f64,
    r: *mut f64,
) -> i32 {
    guarded(|| {
        let (n, k) = (n as usize, k as usize);
        let (f, y) = (borrowed(f, n * k), borrowed(y, n * k));
        (*own.cast::<L>()).residual(k, f, y, borrowed_mut(r, n * k))
    })
}

unsafe extern "C" fn loss_curvature<L: Loss>(
    own: *mut c_void,
    n: i64,
    k: i64,
    f: *const f64,
    y: *const f64,
    u: *const f64,
    c: *mut f64,
) -> i32 {
    guarded(|| {
        let (n, k) = (n as usize, k as usize);
        let (f, y, u) = (borrowed(f, n * k), borrowed(y, n * k), borrowed(u, n * k));
        (*own.cast::<L>()).curvature(k, f, y, u, borrowed_mut(c, n * k))
    })
}

unsafe extern "C" fn loss_check<L: Loss>(own: *mut c_void, k: i64, y: *const f64) -> i32 {
    guarded_here(|| (*own.cast::<L>()).takes(borrowed(y, k as usize)))
}

unsafe extern "C" fn potential_value<V: Potential>(
    own: *mut c_void,
    count: i64,
    d: i64,
    theta: *const f64,
    value: *mut f64,
) -> i32 {
    guarded(|| {
        let (count, d) = (count as usize, d as usize);
        (*own.cast::<V>()).value(d, borrowed(theta, count * d), borrowed_mut(value, count))
    })
}

unsafe extern "C" fn potential_gradient<V: Potential>(
    own: *mut c_void,
    count: i64,
    d: i64,
    theta: *const f64,
    g: *mut f64,
) -> i32 {
    guarded(|| {
        let (count, d) = (count as usize, d as usize);
        (*own.cast::<V>()).gradient(d, borrowed(theta, count * d), borrowed_mut(g, count * d))
    })
}

// ---- the objective ----------------------------------------------------------------------------------------------

/// The square loss, no potential, mobility 1 and scale 1 at first. A model copies it (`Model::with_objective`).
pub struct Objective {
    raw: *mut sys::moe_objective,
    context: Context,
    sides: Sides,
}

impl Drop for Objective {
    fn drop(&mut self) {
        unsafe { sys::moe_objective_destroy(self.raw) }
    }
}

impl Objective {
    pub fn new(context: &Context, expert: &ExpertHandle) -> Result<Objective> {
        let raw =
            context.made(|out| unsafe { sys::moe_objective_create(context.raw(), expert.raw(), out) })?;
        Ok(Objective { raw, context: context.clone(), sides: Sides::of(expert) })
    }

    pub(crate) fn raw(&self) -> *const sys::moe_objective {
        self.raw
    }

    pub(crate) fn sides(&self) -> Sides {
        self.sides
    }

    pub fn set_loss(&mut self, loss: BuiltinLoss) -> Result<()> {
        let status = unsafe {
            match loss {
                BuiltinLoss::Square => sys::moe_objective_set_loss(self.raw, sys::MOE_LOSS_SQUARE),
                BuiltinLoss::Logistic => sys::moe_objective_set_loss(self.raw, sys::MOE_LOSS_LOGISTIC),
                BuiltinLoss::Softmax => sys::moe_objective_set_loss(self.raw, sys::MOE_LOSS_SOFTMAX),
                BuiltinLoss::Huber(delta) => sys::moe_objective_set_huber(self.raw, delta),
            }
        };
        self.context.check(status)
    }

    pub fn set_own_loss<L: Loss>(&mut self, loss: L) -> Result<()> {
        let ops = sys::moe_loss_ops {
            value: Some(loss_value::<L>),
            residual: Some(loss_residual::<L>),
            curvature: if L::CURVATURE { Some(loss_curvature::<L>) } else { None },
            check: Some(loss_check::<L>),
            destroy: Some(let_go::<L>),
            ..Default::default()
        };
        let raw = self.raw;
        self.hand_over(loss, |own| unsafe { sys::moe_objective_set_own_loss(raw, &ops, own) })
    }

    /// Decay lambda >= 0 of each coordinate; None for none.
    pub fn set_decay(&mut self, decay: Option<&[f64]>) -> Result<()> {
        exactly_if_given("decay", decay, self.sides.parameters)?;
        self.context.check(unsafe { sys::moe_objective_set_decay(self.raw, pointer(decay)) })
    }

    pub fn set_potential<V: Potential>(&mut self, potential: V) -> Result<()> {
        let ops = sys::moe_potential_ops {
            flags: sys::MOE_POTENTIAL_THREAD_SAFE, // V is Sync
            value: Some(potential_value::<V>),
            gradient: Some(potential_gradient::<V>),
            destroy: Some(let_go::<V>),
            ..Default::default()
        };
        let raw = self.raw;
        self.hand_over(potential, |own| unsafe { sys::moe_objective_set_potential(raw, &ops, own) })
    }

    pub fn clear_potential(&mut self) -> Result<()> {
        let status = unsafe { sys::moe_objective_set_potential(self.raw, ptr::null(), ptr::null_mut()) };
        self.context.check(status)
    }

    /// The mobility of each coordinate, 0 to freeze it; None for 1 each.
    pub fn set_mobility(&mut self, mobility: Option<&[f64]>) -> Result<()> {
        exactly_if_given("mobility", mobility, self.sides.parameters)?;
        self.context.check(unsafe { sys::moe_objective_set_mobility(self.raw, pointer(mobility)) })
    }

    /// The output's scale.
    pub fn set_scale(&mut self, scale: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_objective_set_scale(self.raw, scale) })
    }

    /// Gives the library something to hold, or keeps it if the call fails.
    fn hand_over<T>(&self, what: T, call: impl FnOnce(*mut c_void) -> i32) -> Result<()> {
        let own = Box::into_raw(Box::new(what));
        let status = call(own.cast());
        if status != sys::MOE_OK {
            drop(unsafe { Box::from_raw(own) });
        }
        self.context.check(status)
    }
}
