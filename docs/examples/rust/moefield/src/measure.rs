//! Laws of initial parameters, measures, and the distances between them.
// SPDX-License-Identifier: MIT

use crate::arrays::{borrowed, exactly, exactly_if_given, pointer, rows, zeros};
use crate::callbacks::guarded;
use crate::context::Context;
use crate::error::Result;
use moefield_sys as sys;
use std::os::raw::c_void;
use std::rc::Rc;

// ---- laws -------------------------------------------------------------------------------------------------------

type Quantile = Box<dyn Fn(f64) -> f64>;

/// The quantiles that a law refers to, and whatever the library copied it into.
pub(crate) type Quantiles = Vec<Rc<Quantile>>;

unsafe extern "C" fn quantile(own: *mut c_void, u: f64, theta: *mut f64) -> i32 {
    guarded(|| {
        *theta = (*own.cast::<Quantile>())(u);
        Ok(())
    })
}

/// A product law on a domain: uniform on each circle at first, not yet set on real coordinates.
pub struct Law {
    raw: *mut sys::moe_law,
    context: Context,
    parameters: usize,
    quantiles: Quantiles,
}

impl Drop for Law {
    fn drop(&mut self) {
        unsafe { sys::moe_law_destroy(self.raw) }
    }
}

impl Law {
    /// `periods`: one for each coordinate, infinity for a real one.
    pub fn new(context: &Context, periods: &[f64]) -> Result<Law> {
        let d = periods.len();
        let raw = context
            .made(|out| unsafe { sys::moe_law_create(context.raw(), d as i64, periods.as_ptr(), out) })?;
        Ok(Law { raw, context: context.clone(), parameters: d, quantiles: Vec::new() })
    }

    /// What the library made of another law.
    pub(crate) fn of(raw: *mut sys::moe_law, other: &Law) -> Law {
        let context = other.context.clone();
        Law { raw, context, parameters: other.parameters, quantiles: other.quantiles.clone() }
    }

    pub(crate) fn raw(&self) -> *const sys::moe_law {
        self.raw
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn quantiles(&self) -> Quantiles {
        self.quantiles.clone()
    }

    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Coordinate k is uniform on [a, b).
    pub fn set_uniform(&mut self, k: usize, a: f64, b: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_law_set_uniform(self.raw, k as i64, a, b) })
    }

    /// Coordinate k is normal; on a circle, wrapped.
    pub fn set_normal(&mut self, k: usize, mean: f64, deviation: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_law_set_normal(self.raw, k as i64, mean, deviation) })
    }

    /// Coordinate k, on a circle, is von Mises.
    pub fn set_von_mises(&mut self, k: usize, mean: f64, concentration: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_law_set_von_mises(self.raw, k as i64, mean, concentration) })
    }

    /// Coordinate k is one number.
    pub fn set_fixed(&mut self, k: usize, value: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_law_set_fixed(self.raw, k as i64, value) })
    }

    /// Coordinate k has the law of Q(u) for a uniform u: Q is nondecreasing. It is asked on the calling thread, here
    /// and whenever points are made, and lives as long as this law and all that was made of it.
    pub fn set_quantile(&mut self, k: usize, q: impl Fn(f64) -> f64 + 'static) -> Result<()> {
        let own: Rc<Quantile> = Rc::new(Box::new(q));
        let pointer = Rc::as_ptr(&own) as *mut c_void;
        // kept also if the call panics: a law that took it would ask it again
        self.quantiles.push(own);
        self.context.check(unsafe { sys::moe_law_set_quantile(self.raw, k as i64, Some(quantile), pointer, None) })
    }

    /// Coordinates first ... first + width - 1 have, jointly, the empirical law of the samples, count x width.
    pub fn set_samples(&mut self, first: usize, width: usize, samples: &[f64]) -> Result<()> {
        let count = rows("samples", samples.len(), width)?;
        self.context.check(unsafe {
            sys::moe_law_set_samples(self.raw, first as i64, width as i64, count, samples.as_ptr())
        })
    }

    fn measure(&self, call: impl FnOnce(*mut *mut sys::moe_measure) -> i32) -> Result<Measure> {
        self.context.made(call).map(Measure::of)
    }

    /// The independent draws first, first + 1, ... of a stream, with weight 1/count each.
    pub fn random(&self, seed: u64, stream: i64, first: i64, count: usize) -> Result<Measure> {
        self.measure(|out| unsafe {
            sys::moe_measure_random(self.context.raw(), self.raw, seed, stream, first, count as i64, out)
        })
    }

    /// The tensor product of rules with sizes[k] nodes in coordinate k.
    pub fn tensor(&self, sizes: &[i64]) -> Result<Measure> {
        exactly("sizes", sizes.len(), self.parameters)?;
        self.measure(|out| unsafe {
            sys::moe_measure_tensor(self.context.raw(), self.raw, sizes.as_ptr(), out)
        })
    }

    /// `count` (a power of two) points of a randomly shifted lattice; gamma: how much each coordinate counts.
    pub fn lattice(&self, count: usize, gamma: Option<&[f64]>, seed: u64, stream: i64) -> Result<Measure> {
        exactly_if_given("gamma", gamma, self.parameters)?;
        let gamma = pointer(gamma);
        self.measure(|out| unsafe {
            sys::moe_measure_lattice(self.context.raw(), self.raw, count as i64, gamma, seed, stream, out)
        })
    }
}

// ---- measures ---------------------------------------------------------------------------------------------------

/// Weighted points on a domain.
pub struct Measure {
    raw: *mut sys::moe_measure,
}

// A measure never changes.
unsafe impl Send for Measure {}
unsafe impl Sync for Measure {}

impl Drop for Measure {
    fn drop(&mut self) {
        unsafe { sys::moe_measure_destroy(self.raw) }
    }
}

/// What is proven of a distance: lower <= W_p <= upper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub lower: f64,
    pub upper: f64,
}

impl Interval {
    pub(crate) fn of(context: &Context, call: impl FnOnce(*mut f64, *mut f64) -> i32) -> Result<Interval> {
        let mut bounds = Interval { lower: 0.0, upper: f64::INFINITY };
        context.check(call(&mut bounds.lower, &mut bounds.upper))?;
        Ok(bounds)
    }
}

/// A norm of the modes' differences, and what they prove of W_1 from below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModeDistance {
    pub norm: f64,
    pub lower: f64,
}

/// Mean, d, and covariance, d x d.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub mean: Vec<f64>,
    pub covariance: Vec<f64>,
}

impl Measure {
    /// `points`: count x d; `weights`: count numbers that sum to 1, or None for equal ones.
    pub fn new(
        context: &Context,
        periods: &[f64],
        points: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<Measure> {
        let d = periods.len();
        let count = rows("points", points.len(), d)?;
        exactly_if_given("weights", weights, count as usize)?;
        let (period, points, weights) = (periods.as_ptr(), points.as_ptr(), pointer(weights));
        let raw = context.made(|out| unsafe {
            sys::moe_measure_create(context.raw(), d as i64, period, count, points, weights, out)
        })?;
        Ok(Measure::of(raw))
    }

    pub(crate) fn of(raw: *mut sys::moe_measure) -> Measure {
        Measure { raw }
    }

    pub(crate) fn raw(&self) -> *const sys::moe_measure {
        self.raw
    }

    pub fn count(&self) -> usize {
        unsafe { sys::moe_measure_count(self.raw) as usize }
    }

    pub fn dimension(&self) -> usize {
        unsafe { sys::moe_measure_dimension(self.raw) as usize }
    }

    /// count x d.
    pub fn points(&self) -> &[f64] {
        unsafe { borrowed(sys::moe_measure_points(self.raw), self.count() * self.dimension()) }
    }

    pub fn weights(&self) -> &[f64] {
        unsafe { borrowed(sys::moe_measure_weights(self.raw), self.count()) }
    }

    pub fn periods(&self) -> &[f64] {
        unsafe { borrowed(sys::moe_measure_period(self.raw), self.dimension()) }
    }

    /// Fourier modes on circles and moments on lines, real and imaginary part in turn; k: modes x d.
    pub fn modes(&self, context: &Context, k: &[i64]) -> Result<Vec<f64>> {
        let count = rows("k", k.len(), self.dimension())?;
        let mut modes = zeros(&[count as usize, 2])?;
        context.check(unsafe {
            sys::moe_measure_modes(context.raw(), self.raw, count, k.as_ptr(), modes.as_mut_ptr())
        })?;
        Ok(modes)
    }

    pub fn moments(&self, context: &Context) -> Result<Moments> {
        let d = self.dimension();
        let (mut mean, mut covariance) = (vec![0.0; d], zeros(&[d, d])?);
        context.check(unsafe {
            sys::moe_measure_moments(context.raw(), self.raw, mean.as_mut_ptr(), covariance.as_mut_ptr())
        })?;
        Ok(Moments { mean, covariance })
    }

    pub fn mode_distance(&self, context: &Context, other: &Measure, cutoff: i64) -> Result<ModeDistance> {
        let mut found = ModeDistance { norm: 0.0, lower: 0.0 };
        let ModeDistance { norm, lower } = &mut found;
        context.check(unsafe {
            sys::moe_measure_mode_distance(context.raw(), self.raw, other.raw, cutoff, norm, lower)
        })?;
        Ok(found)
    }

    /// W_p to another measure.
    pub fn distance(&self, context: &Context, other: &Measure, p: f64) -> Result<Interval> {
        Interval::of(context, |lower, upper| unsafe {
            sys::moe_measure_distance(context.raw(), self.raw, other.raw, p, lower, upper)
        })
    }

    /// W_p to a law itself, to a relative width of `gap`.
    pub fn distance_to_law(&self, law: &Law, p: f64, gap: f64) -> Result<Interval> {
        let context = law.context();
        Interval::of(context, |lower, upper| unsafe {
            sys::moe_measure_distance_law(context.raw(), self.raw, law.raw, p, gap, lower, upper)
        })
    }

    /// W_p to a measure of which `cells` is a quadrature, with one radius for each of its points.
    pub fn distance_to_cells(
        &self,
        context: &Context,
        cells: &Measure,
        radius: &[f64],
        p: f64,
    ) -> Result<Interval> {
        exactly("radius", radius.len(), cells.count())?;
        let radius = radius.as_ptr();
        Interval::of(context, |lower, upper| unsafe {
            sys::moe_measure_distance_cells(context.raw(), self.raw, cells.raw, radius, p, lower, upper)
        })
    }

    /// W_p to the image of a law under a monotone map that is known at nodes, in one dimension.
    pub fn distance_to_image(
        &self,
        law: &Law,
        nodes: &[f64],
        images: &[f64],
        lipschitz: f64,
        p: f64,
    ) -> Result<Interval> {
        exactly("images", images.len(), nodes.len())?;
        let context = law.context();
        Interval::of(context, |lower, upper| unsafe {
            sys::moe_measure_distance_image(
                context.raw(),
                self.raw,
                law.raw,
                nodes.len() as i64,
                nodes.as_ptr(),
                images.as_ptr(),
                lipschitz,
                p,
                lower,
                upper,
            )
        })
    }
}
