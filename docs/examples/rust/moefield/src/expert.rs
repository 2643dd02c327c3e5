//! Experts in Rust: the trait, closures for one point, and the handle that models are made of.
// SPDX-License-Identifier: MIT

use crate::arrays::{borrowed, borrowed_mut, exactly, rows, zeros};
use crate::callbacks::{guarded, let_go, Failure, Outcome};
use crate::context::Context;
use crate::error::Result;
use moefield_sys as sys;
use std::os::raw::c_void;
use std::ptr;

/// What an expert is asked for: n inputs and `count` experts.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// n x p inputs.
    pub x: &'a [f64],
    /// count x d parameters, lifted: a periodic coordinate may lie outside one period.
    pub theta: &'a [f64],
    pub n: usize,
    pub count: usize,
    /// Parameters d, inputs p and outputs K of one expert.
    pub parameters: usize,
    pub inputs: usize,
    pub outputs: usize,
}

impl<'a> Batch<'a> {
    /// The parameters of each expert.
    pub fn experts(&self) -> std::slice::ChunksExact<'a, f64> {
        self.theta.chunks_exact(self.parameters)
    }

    /// The coordinates of each input.
    pub fn points(&self) -> std::slice::ChunksExact<'a, f64> {
        self.x.chunks_exact(self.inputs)
    }
}

/// Directions for an expert's `tangent`.
#[derive(Clone, Copy, Debug)]
pub struct Directions<'a> {
    /// Of each expert.
    pub count: usize,
    /// count of experts x count x d.
    pub directions: &'a [f64],
}

/// What an expert promises of its functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// They may run on the context's worker threads, several at once; otherwise on the calling thread only. (They
    /// are called from several threads at once in any case if several contexts use the expert: hence `Sync`.)
    pub thread_safe: bool,
    /// Same arguments, same bits.
    pub pure: bool,
}

/// Bounds for every theta and x: |f|, |Df|, and the Lipschitz constant of Df in theta.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub value: f64,
    pub gradient: f64,
    pub curvature: f64,
}

/// An expert f(theta, x) with K outputs, for many theta and x at a time.
///
/// What needs more of the table (`bind`, `workspace`, moments, `prepare`) is written with `sys::moe_expert_ops`.
pub trait Expert: Send + Sync + 'static {
    fn promises(&self) -> Promises {
        Promises { thread_safe: true, pure: true }
    }

    /// f[i,j,k] = f_k(theta_i, x_j).                                                       f: count x n x K
    fn values(&self, at: &Batch, f: &mut [f64]) -> Outcome;

    /// g[i,a] = sum_jk r[j,k] d/dtheta_a f_k(theta_i, x_j).                     r: n x K;  g: count x d
    fn pullback(&self, at: &Batch, r: &[f64], g: &mut [f64]) -> Outcome;

    /// Asked once, when the handle is made; None if no bounds are known.
    fn bounds(&self) -> Option<Bounds> {
        None
    }

    /// Whether there is a `tangent`; without it the library takes differences.
    const TANGENT: bool = false;

    /// Derivatives along `along.count` = m directions for each expert; df, h or both are wanted:
    ///   df[i,l,j,k] = sum_a direction[i,l,a] d/dtheta_a f_k(theta_i, x_j)                   count x m x n x K
    ///   h[i,l,a]    = sum_jk r[j,k] sum_b d2 f_k(theta_i, x_j) / dtheta_a dtheta_b direction[i,l,b]
    ///                                                                                       count x m x d
    /// r is n x K, empty where h is not wanted.
    fn tangent(
        &self,
        _at: &Batch,
        _along: &Directions,
        _r: &[f64],
        _df: Option<&mut [f64]>,
        _h: Option<&mut [f64]>,
    ) -> Outcome {
        Err(Failure::Stop(0))
    }
}

// ---- what C calls -----------------------------------------------------------------------------------------------

struct Own<E> {
    expert: E,
    bounds: Option<Bounds>,
    parameters: usize,
    inputs: usize,
    outputs: usize,
}

impl<E> Own<E> {
    /// # Safety
    /// The arrays are those of a call by the library.
    unsafe fn batch(&self, n: i64, x: *const f64, count: i64, theta: *const f64) -> Batch<'_> {
        let (n, count) = (n as usize, count as usize);
        Batch {
            x: borrowed(x, n * self.inputs),
            theta: borrowed(theta, count * self.parameters),
            n,
            count,
            parameters: self.parameters,
            inputs: self.inputs,
            outputs: self.outputs,
        }
    }
}

unsafe extern "C" fn values<E: Expert>(
    own: *mut c_void,
    _bound: *mut c_void,
    n: i64,
    x: *const f64,
    count: i64,
    theta: *const f64,
    f: *mut f64,
    _work: *mut c_void,
) -> i32 {
    guarded(|| {
        let own = &*own.cast::<Own<E>>();
        let at = own.batch(n, x, count, theta);
        own.expert.values(&at, borrowed_mut(f, at.count * at.n * at.outputs))
    })
}

unsafe extern "C" fn pullback<E: Expert>(
    own: *mut c_void,
    _bound: *mut c_void,
    _stage: *mut c_void,
    n: i64,
    x: *const f64,
    count: i64,
    theta: *const f64,
    r: *const f64,
    g: *mut f64,
    _work: *mut c_void,
) -> i32 {
    guarded(|| {
        let own = &*own.cast::<Own<E>>();
        let at = own.batch(n, x, count, theta);
        let r = borrowed(r, at.n * at.outputs);
        own.expert.pullback(&at, r, borrowed_mut(g, at.count * at.parameters))
    })
}

unsafe extern "C" fn bounds<E: Expert>(
    own: *mut c_void,
    value: *mut f64,
    gradient: *mut f64,
    curvature: *mut f64,
) -> i32 {
    let own = &*own.cast::<Own<E>>();
    match own.bounds {
        Some(known) => {
            *value = known.value;
            *gradient = known.gradient;
            *curvature = known.curvature;
            0
        }
        None => Failure::Stop(0).status(),
    }
}

unsafe extern "C" fn tangent<E: Expert>(
    own: *mut c_void,
    _bound: *mut c_void,
    _stage: *mut c_void,
    n: i64,
    x: *const f64,
    count: i64,
    m: i64,
    theta: *const f64,
    direction: *const f64,
    r: *const f64,
    df: *mut f64,
    h: *mut f64,
    _work: *mut c_void,
) -> i32 {
    guarded(|| {
        let own = &*own.cast::<Own<E>>();
        let at = own.batch(n, x, count, theta);
        let rows = at.count * m as usize;
        let along = Directions { count: m as usize, directions: borrowed(direction, rows * at.parameters) };
        let df = (!df.is_null()).then(|| borrowed_mut(df, rows * at.n * at.outputs));
        let h = (!h.is_null()).then(|| borrowed_mut(h, rows * at.parameters));
        own.expert.tangent(&at, &along, borrowed(r, at.n * at.outputs), df, h)
    })
}

fn table_of<E: Expert>(expert: &E, has_bounds: bool) -> sys::moe_expert_ops {
    let promises = expert.promises();
    let mut ops = sys::moe_expert_ops {
        values: Some(values::<E>),
        pullback: Some(pullback::<E>),
        destroy: Some(let_go::<Own<E>>),
        ..Default::default()
    };
    ops.flags |= if promises.thread_safe { sys::MOE_EXPERT_THREAD_SAFE } else { 0 };
    ops.flags |= if promises.pure { sys::MOE_EXPERT_PURE } else { 0 };
    if has_bounds {
        ops.bounds = Some(bounds::<E>);
    }
    if E::TANGENT {
        ops.tangent = Some(tangent::<E>);
    }
    ops
}

// ---- closures ---------------------------------------------------------------------------------------------------

/// f and Df at one theta and x.
struct Pointwise<V, D> {
    value: V,
    derivative: D,
}

impl<V, D> Expert for Pointwise<V, D>
where
    V: Fn(&[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    D: Fn(&[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
{
    fn values(&self, at: &Batch, f: &mut [f64]) -> Outcome {
        let mut out = f.chunks_exact_mut(at.outputs);
        for theta in at.experts() {
            for x in at.points() {
                (self.value)(theta, x, out.next().expect("f is count x n x K"));
            }
        }
        Ok(())
    }

    fn pullback(&self, at: &Batch, r: &[f64], g: &mut [f64]) -> Outcome {
        let mut slope = vec![0.0; at.outputs * at.parameters];
        for (theta, g) in at.experts().zip(g.chunks_exact_mut(at.parameters)) {
            g.fill(0.0);
            for (x, r) in at.points().zip(r.chunks_exact(at.outputs)) {
                (self.derivative)(theta, x, &mut slope);
                for (r, slope) in r.iter().zip(slope.chunks_exact(at.parameters)) {
                    g.iter_mut().zip(slope).for_each(|(g, slope)| *g += r * slope);
                }
            }
        }
        Ok(())
    }
}

// ---- the handle -------------------------------------------------------------------------------------------------

/// An expert as the library keeps it: one in Rust, or a quantum circuit's. Models keep what they need of it.
pub struct ExpertHandle {
    raw: *mut sys::moe_expert,
}

// An expert never changes; its functions are those of a `Send + Sync` type or of the library.
unsafe impl Send for ExpertHandle {}
unsafe impl Sync for ExpertHandle {}

impl Drop for ExpertHandle {
    fn drop(&mut self) {
        unsafe { sys::moe_expert_destroy(self.raw) }
    }
}

/// df and h of `ExpertHandle::tangent`, and whether they are exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Tangent {
    pub df: Vec<f64>,
    /// Empty without residuals.
    pub h: Vec<f64>,
    pub exact: bool,
}

impl ExpertHandle {
    /// An expert with d = `periods.len()` parameters, each periodic or real (period infinity). `expert` is dropped
    /// with the last handle that uses it, on that thread; if the call fails, at once.
    pub fn new<E: Expert>(
        context: &Context,
        inputs: usize,
        outputs: usize,
        periods: &[f64],
        expert: E,
    ) -> Result<ExpertHandle> {
        let bounds = expert.bounds();
        let ops = table_of(&expert, bounds.is_some());
        let own = Box::new(Own { expert, bounds, parameters: periods.len(), inputs, outputs });
        let own = Box::into_raw(own);
        let made = context.made(|out| unsafe {
            let (d, p, k) = (periods.len() as i64, inputs as i64, outputs as i64);
            sys::moe_expert_create(context.raw(), &ops, own.cast(), d, p, k, periods.as_ptr(), out)
        });
        match made {
            Ok(raw) => Ok(ExpertHandle { raw }),
            Err(error) => {
                drop(unsafe { Box::from_raw(own) });
                Err(error)
            }
        }
    }

    /// An expert from two functions of one theta and x: `value` writes the K outputs f_k(theta, x), `derivative`
    /// the K x d numbers d/dtheta_a f_k(theta, x). They may run on several threads at once.
    pub fn from_fn<V, D>(
        context: &Context,
        inputs: usize,
        outputs: usize,
        periods: &[f64],
        value: V,
        derivative: D,
    ) -> Result<ExpertHandle>
    where
        V: Fn(&[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
        D: Fn(&[f64], &[f64], &mut [f64]) + Send + Sync + 'static,
    {
        ExpertHandle::new(context, inputs, outputs, periods, Pointwise { value, derivative })
    }

    /// # Safety
    /// `raw` is an expert that nobody else gives back, and its functions may run on any thread.
    pub unsafe fn from_raw(raw: *mut sys::moe_expert) -> ExpertHandle {
        ExpertHandle { raw }
    }

    pub(crate) fn raw(&self) -> *const sys::moe_expert {
        self.raw
    }

    pub fn parameters(&self) -> usize {
        unsafe { sys::moe_expert_parameters(self.raw) as usize }
    }

    pub fn inputs(&self) -> usize {
        unsafe { sys::moe_expert_inputs(self.raw) as usize }
    }

    pub fn outputs(&self) -> usize {
        unsafe { sys::moe_expert_outputs(self.raw) as usize }
    }

    /// d periods, infinity for a real coordinate.
    pub fn periods(&self) -> &[f64] {
        unsafe { borrowed(sys::moe_expert_period(self.raw), self.parameters()) }
    }

    /// n and count of n x p inputs and count x d parameters.
    fn sizes(&self, x: &[f64], theta: &[f64]) -> Result<(i64, i64)> {
        Ok((rows("x", x.len(), self.inputs())?, rows("theta", theta.len(), self.parameters())?))
    }

    /// f, count x n x K.
    pub fn values(&self, context: &Context, x: &[f64], theta: &[f64]) -> Result<Vec<f64>> {
        let (n, count) = self.sizes(x, theta)?;
        let mut f = zeros(&[count as usize, n as usize, self.outputs()])?;
        let (x, theta) = (x.as_ptr(), theta.as_ptr());
        context.check(unsafe {
            sys::moe_expert_values(context.raw(), self.raw, n, x, count, theta, f.as_mut_ptr())
        })?;
        Ok(f)
    }

    /// g, count x d, of residuals r, n x K.
    pub fn pullback(&self, context: &Context, x: &[f64], theta: &[f64], r: &[f64]) -> Result<Vec<f64>> {
        let (n, count) = self.sizes(x, theta)?;
        exactly("r", r.len(), n as usize * self.outputs())?;
        let mut g = vec![0.0; theta.len()];
        let (x, theta, r) = (x.as_ptr(), theta.as_ptr(), r.as_ptr());
        context.check(unsafe {
            sys::moe_expert_pullback(context.raw(), self.raw, n, x, count, theta, r, g.as_mut_ptr())
        })?;
        Ok(g)
    }

    /// Derivatives along directions, count x m x d; h if there are residuals.
    pub fn tangent(
        &self,
        context: &Context,
        x: &[f64],
        theta: &[f64],
        directions: &[f64],
        r: Option<&[f64]>,
    ) -> Result<Tangent> {
        let (n, count) = self.sizes(x, theta)?;
        let m = rows("directions", directions.len(), theta.len())?;
        crate::arrays::exactly_if_given("r", r, n as usize * self.outputs())?;
        let mut df = zeros(&[count as usize, m as usize, n as usize, self.outputs()])?;
        let mut h = vec![0.0; if r.is_some() { directions.len() } else { 0 }];
        let mut exact = 0;
        let h_pointer = if r.is_some() { h.as_mut_ptr() } else { ptr::null_mut() };
        context.check(unsafe {
            sys::moe_expert_tangent(
                context.raw(),
                self.raw,
                n,
                x.as_ptr(),
                count,
                theta.as_ptr(),
                m,
                directions.as_ptr(),
                crate::arrays::pointer(r),
                df.as_mut_ptr(),
                h_pointer,
                &mut exact,
            )
        })?;
        Ok(Tangent { df, h, exact: exact != 0 })
    }

    /// `MOE_ERROR_UNSUPPORTED` if the expert knows none.
    pub fn bounds(&self, context: &Context) -> Result<Bounds> {
        let mut known = Bounds { value: 0.0, gradient: 0.0, curvature: 0.0 };
        context.check(unsafe {
            let Bounds { value, gradient, curvature } = &mut known;
            sys::moe_expert_bounds(context.raw(), self.raw, value, gradient, curvature)
        })?;
        Ok(known)
    }

    /// Looks for what the author of an expert gets wrong, at the given inputs and parameters; 3 to 20 of each do.
    pub fn check(&self, context: &Context, x: &[f64], theta: &[f64]) -> Result<()> {
        let (n, count) = self.sizes(x, theta)?;
        let (x, theta) = (x.as_ptr(), theta.as_ptr());
        context.check(unsafe { sys::moe_expert_check(context.raw(), self.raw, n, x, count, theta) })
    }
}
