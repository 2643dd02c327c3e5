//! What the tests share: the expert cos(theta + x), its training data, and its limit by other means.
// SPDX-License-Identifier: MIT

#![allow(dead_code)]

use moefield::{Batch, Context, Expert, ExpertHandle, Failure, Law, Measure, Model, Outcome, Promises};
use std::f64::consts::PI;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

pub const CIRCLE: [f64; 1] = [2.0 * PI];
pub const X: [f64; 7] = [-1.3, -0.8, -0.1, 0.35, 0.9, 1.4, 1.9];
pub const Y: [f64; 7] = [0.5, -0.25, 0.1, 0.6, -0.4, 0.3, -0.15];
pub const V: [f64; 7] = [0.1, 0.2, 0.15, 0.05, 0.2, 0.1, 0.2];

/// Where a `Cosine` misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    PanicInValues,
    PanicInPullback,
    StopInValues,
    RetryInPullback,
    PanicInDrop,
}

/// f(theta, x) = cos(theta + x), by the trait; counts its drops.
pub struct Cosine {
    pub thread_safe: bool,
    pub fault: Fault,
    pub dropped: Arc<AtomicUsize>,
}

impl Cosine {
    pub fn new(thread_safe: bool) -> Cosine {
        Cosine { thread_safe, fault: Fault::None, dropped: Arc::new(AtomicUsize::new(0)) }
    }

    pub fn with(fault: Fault) -> Cosine {
        let mut expert = Cosine::new(true);
        expert.fault = fault;
        expert
    }
}

impl Drop for Cosine {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if self.fault == Fault::PanicInDrop {
            panic!("in drop");
        }
    }
}

impl Expert for Cosine {
    fn promises(&self) -> Promises {
        Promises { thread_safe: self.thread_safe, pure: true }
    }

    fn values(&self, at: &Batch, f: &mut [f64]) -> Outcome {
        match self.fault {
            Fault::PanicInValues => panic!("in values"),
            Fault::StopInValues => return Err(Failure::Stop(7)),
            _ => {}
        }
        for (theta, f) in at.theta.iter().zip(f.chunks_exact_mut(at.n)) {
            f.iter_mut().zip(at.x).for_each(|(f, x)| *f = (theta + x).cos());
        }
        Ok(())
    }

    fn pullback(&self, at: &Batch, r: &[f64], g: &mut [f64]) -> Outcome {
        match self.fault {
            Fault::PanicInPullback => panic!("in pullback"),
            Fault::RetryInPullback => return Err(Failure::ShortenStep(3)),
            _ => {}
        }
        for (theta, g) in at.theta.iter().zip(g) {
            *g = at.x.iter().zip(r).map(|(x, r)| -r * (theta + x).sin()).sum();
        }
        Ok(())
    }
}

pub fn cosine(context: &Context, expert: Cosine) -> ExpertHandle {
    ExpertHandle::new(context, 1, 1, &CIRCLE, expert).unwrap()
}

pub fn model(context: &Context, expert: &ExpertHandle) -> Model {
    Model::new(context, expert, &X, &Y, Some(&V)).unwrap()
}

pub fn uniform(context: &Context) -> Law {
    Law::new(context, &CIRCLE).unwrap()
}

pub fn rule(context: &Context, nodes: i64) -> Measure {
    uniform(context).tensor(&[nodes]).unwrap()
}

/// F(mu_t, x_j) for the uniform law: with z = E e^(i theta), z(0) = 0,
///   dz/dt = (-conj g + g z^2) / 2,  g = sum_j v_j e^(i x_j) (F_j - y_j),  F_j = Re(e^(i x_j) z)
/// (the Ott-Antonsen reduction), by the classical Runge-Kutta method in steps of 1e-3.
pub fn centroid_predictions(time: f64) -> Vec<f64> {
    fn predictions(z: (f64, f64)) -> impl Iterator<Item = f64> {
        X.iter().map(move |x| x.cos() * z.0 - x.sin() * z.1)
    }
    let slope = |z: (f64, f64)| {
        let (mut a, mut b) = (0.0, 0.0);
        for (j, f) in predictions(z).enumerate() {
            a += V[j] * X[j].cos() * (f - Y[j]);
            b += V[j] * X[j].sin() * (f - Y[j]);
        }
        let square = (z.0 * z.0 - z.1 * z.1, 2.0 * z.0 * z.1);
        ((-a + a * square.0 - b * square.1) / 2.0, (b + a * square.1 + b * square.0) / 2.0)
    };
    let steps = (time * 1e3).ceil();
    let h = time / steps;
    let ahead = |z: (f64, f64), k: (f64, f64), h: f64| (z.0 + h * k.0, z.1 + h * k.1);
    let mut z = (0.0, 0.0);
    for _ in 0..steps as usize {
        let k1 = slope(z);
        let k2 = slope(ahead(z, k1, h / 2.0));
        let k3 = slope(ahead(z, k2, h / 2.0));
        let k4 = slope(ahead(z, k3, h));
        z.0 += h / 6.0 * (k1.0 + 2.0 * k2.0 + 2.0 * k3.0 + k4.0);
        z.1 += h / 6.0 * (k1.1 + 2.0 * k2.1 + 2.0 * k3.1 + k4.1);
    }
    predictions(z).collect()
}

pub fn furthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
