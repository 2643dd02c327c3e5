//! Replicas of mixtures against the limit: what is measured, rates, bounds.
// SPDX-License-Identifier: MIT

use crate::arrays::zeros;
use crate::context::Context;
use crate::error::Result;
use crate::limit::LimitResult;
use crate::measure::{Law, Quantiles};
use crate::model::{Model, Shape};
use moefield_sys as sys;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Quantity {
    Prediction = sys::MOE_STUDY_PREDICTION,
    PredictionMax = sys::MOE_STUDY_PREDICTION_MAX,
    Coupling = sys::MOE_STUDY_COUPLING,
    CouplingMax = sys::MOE_STUDY_COUPLING_MAX,
    Loss = sys::MOE_STUDY_LOSS,
    W1 = sys::MOE_STUDY_W1,
    W1Below = sys::MOE_STUDY_W1_BELOW,
    W2 = sys::MOE_STUDY_W2,
    W2Below = sys::MOE_STUDY_W2_BELOW,
    Marginals = sys::MOE_STUDY_MARGINALS,
}

/// A form of decay in N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum RateForm {
    Plain = sys::MOE_RATE_PLAIN,
    Sharp = sys::MOE_RATE_SHARP,
    General = sys::MOE_RATE_GENERAL,
    Corrected = sys::MOE_RATE_CORRECTED,
}

/// Means over replicas, their standard errors and how many, one for each N.
#[derive(Clone, Debug, PartialEq)]
pub struct Means {
    pub mean: Vec<f64>,
    pub error: Vec<f64>,
    pub replicas: Vec<i64>,
}

/// A fitted exponent of N and the ends of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponent {
    pub fitted: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Exponent {
    fn of([fitted, lower, upper]: [f64; 3]) -> Exponent {
        Exponent { fitted, lower, upper }
    }
}

/// How a fit went: from `from` experts on, chi-squared, its degrees of freedom, and c and b of the form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    pub from: usize,
    pub chi_squared: f64,
    pub freedom: f64,
    pub factor: f64,
    pub correction: f64,
}

impl Fit {
    fn of(fit: &[f64]) -> Fit {
        Fit {
            from: fit[0] as usize,
            chi_squared: fit[1],
            freedom: fit[2],
            factor: fit[3],
            correction: fit[4],
        }
    }
}

/// A measured rate, held against the theory's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub theory: f64,
    pub exponent: Exponent,
    pub probability: f64,
    pub fit: Fit,
}

/// A study of a model from a law; [`Study::run`] computes, what has been measured can then be asked for.
pub struct Study {
    raw: *mut sys::moe_study,
    context: Context,
    shape: Shape,
    times: usize,
    experts: usize,
    _quantiles: Quantiles, // of the law, which the library copies with its references to them
}

impl Drop for Study {
    fn drop(&mut self) {
        unsafe { sys::moe_study_destroy(self.raw) }
    }
}

/// A study's limit, borrowed from it: a [`LimitResult`].
pub struct StudyLimit<'a> {
    result: LimitResult,
    _study: PhantomData<&'a Study>,
}

impl Deref for StudyLimit<'_> {
    type Target = LimitResult;

    fn deref(&self) -> &LimitResult {
        &self.result
    }
}

impl Study {
    /// At time 1, for N = 16, 32, ... 1024, 16 to 64 replicas, seed 0, a limit to 1e-6.
    pub fn new(model: &Model, law: &Law) -> Result<Study> {
        let context = law.context();
        let raw = context
            .made(|out| unsafe { sys::moe_study_create(context.raw(), model.raw(), law.raw(), out) })?;
        let (context, shape, _quantiles) = (context.clone(), model.shape(), law.quantiles());
        Ok(Study { raw, context, shape, times: 1, experts: 7, _quantiles })
    }

    fn check(&self, status: i32) -> Result<()> {
        self.context.check(status)
    }

    // ---- the request

    pub fn set_times(&mut self, times: &[f64]) -> Result<()> {
        let count = times.len();
        self.check(unsafe { sys::moe_study_set_times(self.raw, count as i64, times.as_ptr()) })?;
        self.times = count;
        Ok(())
    }

    /// The numbers of experts, ascending.
    pub fn set_experts(&mut self, experts: &[i64]) -> Result<()> {
        let count = experts.len();
        self.check(unsafe { sys::moe_study_set_experts(self.raw, count as i64, experts.as_ptr()) })?;
        self.experts = count;
        Ok(())
    }

    /// `least` replicas of every N, and more until standard errors are `precision` of their means, or `most`.
    pub fn set_replicas(&mut self, least: i64, most: i64, precision: f64) -> Result<()> {
        self.check(unsafe { sys::moe_study_set_replicas(self.raw, least, most, precision) })
    }

    pub fn set_seed(&mut self, seed: u64) -> Result<()> {
        self.check(unsafe { sys::moe_study_set_seed(self.raw, seed) })
    }

    pub fn set_tolerance(&mut self, tolerance: f64) -> Result<()> {
        self.check(unsafe { sys::moe_study_set_tolerance(self.raw, tolerance) })
    }

    /// W_1 and W_2 are measured up to so many experts; 0: never.
    pub fn set_distances(&mut self, most_w1: i64, most_w2: i64) -> Result<()> {
        self.check(unsafe { sys::moe_study_set_distances(self.raw, most_w1, most_w2) })
    }

    /// k of the marginal laws that are measured.
    pub fn set_marginals(&mut self, k: i64) -> Result<()> {
        self.check(unsafe { sys::moe_study_set_marginals(self.raw, k) })
    }

    /// Computes. After `MOE_ERROR_CANCELLED` the replicas that are whole are there, and the next run goes on.
    pub fn run(&mut self) -> Result<()> {
        self.check(unsafe { sys::moe_study_run(self.raw) })
    }

    /// The study as bytes, from which another one goes on (`restore`).
    pub fn save(&self) -> Result<Vec<u8>> {
        let mut length = 0;
        self.check(unsafe { sys::moe_study_save(self.raw, ptr::null_mut(), 0, &mut length) })?;
        let mut bytes = vec![0u8; length as usize];
        let out = bytes.as_mut_ptr().cast();
        self.check(unsafe { sys::moe_study_save(self.raw, out, bytes.len() as i64, &mut length) })?;
        Ok(bytes)
    }

    /// Goes back to what was saved, of the same model, law and request.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        self.check(unsafe { sys::moe_study_restore(self.raw, bytes.as_ptr().cast(), bytes.len() as i64) })
    }

    // ---- the report

    pub fn limit(&self) -> Result<StudyLimit<'_>> {
        let raw = self.context.made(|out| unsafe { sys::moe_study_limit(self.raw, out) })?;
        let result = LimitResult::of(raw, &self.context, self.shape, self.times);
        Ok(StudyLimit { result, _study: PhantomData })
    }

    /// Of a quantity at the time of index t.
    pub fn means(&self, quantity: Quantity, t: usize) -> Result<Means> {
        let mut means = Means {
            mean: vec![0.0; self.experts],
            error: vec![0.0; self.experts],
            replicas: vec![0; self.experts],
        };
        self.check(unsafe {
            sys::moe_study_means(
                self.raw,
                quantity as i32,
                t as i64,
                means.mean.as_mut_ptr(),
                means.error.as_mut_ptr(),
                means.replicas.as_mut_ptr(),
            )
        })?;
        Ok(means)
    }

    /// N (mean F_N - F) with the N of index i at the time of index t, and its standard error; n x K each.
    pub fn bias(&self, i: usize, t: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut bias = zeros(&self.shape.width(0))?;
        let mut error = bias.clone();
        let (out, out_error) = (bias.as_mut_ptr(), error.as_mut_ptr());
        self.check(unsafe { sys::moe_study_bias(self.raw, i as i64, t as i64, out, out_error) })?;
        Ok((bias, error))
    }

    pub fn rate(&self, quantity: Quantity, t: usize) -> Result<Rate> {
        let (mut theory, mut probability) = (0.0, 0.0);
        let (mut exponent, mut fit) = ([0.0; 3], [0.0; 6]);
        self.check(unsafe {
            sys::moe_study_rate(
                self.raw,
                quantity as i32,
                t as i64,
                &mut theory,
                exponent.as_mut_ptr(),
                &mut probability,
                fit.as_mut_ptr(),
            )
        })?;
        Ok(Rate { theory, exponent: Exponent::of(exponent), probability, fit: Fit::of(&fit) })
    }

    /// The same in another form; the last number is chi-squared with the exponent held at the theory's.
    pub fn rate_form(&self, quantity: Quantity, t: usize, form: RateForm) -> Result<(Exponent, Fit, f64)> {
        let (mut exponent, mut fit) = ([0.0; 3], [0.0; 6]);
        self.check(unsafe {
            sys::moe_study_rate_form(
                self.raw,
                quantity as i32,
                t as i64,
                form as i32,
                exponent.as_mut_ptr(),
                fit.as_mut_ptr(),
            )
        })?;
        Ok((Exponent::of(exponent), Fit::of(&fit), fit[5]))
    }

    /// What [`Study::rate`] fitted, at these numbers of experts; with an exponent: held there.
    pub fn rate_curve(&self, quantity: Quantity, t: usize, exponent: Option<f64>, experts: &[f64]) -> Result<Vec<f64>> {
        let mut mean = vec![0.0; experts.len()];
        self.check(unsafe {
            sys::moe_study_rate_curve(
                self.raw,
                quantity as i32,
                t as i64,
                exponent.unwrap_or(f64::NAN),
                experts.len() as i64,
                experts.as_ptr(),
                mean.as_mut_ptr(),
            )
        })?;
        Ok(mean)
    }

    /// How many coordinates are random, and of them how many the predictions depend on.
    pub fn dimension(&self) -> Result<(i64, i64)> {
        let (mut random, mut seen) = (0, 0);
        self.check(unsafe { sys::moe_study_dimension(self.raw, &mut random, &mut seen) })?;
        Ok((random, seen))
    }

    /// L_1 and L_2 of the bound, and whether they are estimates.
    pub fn lipschitz(&self) -> Result<(f64, f64, bool)> {
        let (mut l1, mut l2, mut estimated) = (0.0, 0.0, 0);
        self.check(unsafe { sys::moe_study_lipschitz(self.raw, &mut l1, &mut l2, &mut estimated) })?;
        Ok((l1, l2, estimated != 0))
    }

    /// Bounds of E W_1 at the time of index t, one for each N: a priori, and along the limit's loss.
    pub fn bound(&self, t: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let (mut a_priori, mut along) = (vec![0.0; self.experts], vec![0.0; self.experts]);
        self.check(unsafe {
            sys::moe_study_bound(self.raw, t as i64, a_priori.as_mut_ptr(), along.as_mut_ptr())
        })?;
        Ok((a_priori, along))
    }
}
