//! Experts written in Rust, trained to limits that are known by other means, and held against a circuit's.
// SPDX-License-Identifier: MIT

mod common;

use common::*;
use moefield::*;
use std::cell::RefCell;
use std::f64::consts::PI;
use std::rc::Rc;
use std::thread;

fn check_limit(context: &Context, expert: &ExpertHandle) {
    let model = model(context, expert);
    let times = [0.5, 1.0, 4.0];
    let mut limit = Limit::new(&model, &uniform(context)).unwrap();
    limit.set_times(&times).unwrap();
    limit.set_tolerance(1e-10).unwrap();
    limit.solve().unwrap();
    for (i, time) in times.iter().enumerate() {
        let off = furthest(&limit.predictions(i).unwrap(), &centroid_predictions(*time));
        assert!(off <= 1e-9, "off by {off:e} at t = {time}");
        assert!(limit.errors().unwrap()[i] <= 1e-10);
    }
    let mut flow = Flow::new(context, &model, &rule(context, 256)).unwrap();
    flow.set_tolerance(1e-12, 1e-12).unwrap();
    flow.advance(4.0).unwrap();
    assert!(furthest(&flow.predictions().unwrap(), &centroid_predictions(4.0)) <= 1e-9);
}

#[test]
fn expert_of_the_trait() {
    let context = Context::new().unwrap();
    let expert = cosine(&context, Cosine::new(false));
    expert.check(&context, &X, &[0.3, 2.0, -4.0]).unwrap();
    check_limit(&context, &expert);
}

#[test]
fn expert_on_two_threads() {
    let context = Context::new().unwrap();
    context.set_threads(2).unwrap();
    assert_eq!(context.threads(), 2);
    let expert = cosine(&context, Cosine::new(true));
    expert.check(&context, &X, &[0.3, 2.0, -4.0]).unwrap();
    check_limit(&context, &expert);
}

#[test]
fn expert_on_threads_of_the_host() {
    let context = Context::new().unwrap();
    let seen = Rc::new(RefCell::new(0));
    let sees = seen.clone();
    context
        .set_executor(3, move |tasks| {
            *sees.borrow_mut() += tasks.count();
            thread::scope(|scope| {
                for i in 0..tasks.count() {
                    scope.spawn(move || tasks.run(i));
                }
                tasks.run(0); // again, or first: once
            })
        })
        .unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mut flow = Flow::new(&context, &model, &rule(&context, 1024)).unwrap();
    flow.set_tolerance(1e-12, 1e-12).unwrap();
    flow.advance(4.0).unwrap();
    assert!(furthest(&flow.predictions().unwrap(), &centroid_predictions(4.0)) <= 1e-9);
    assert!(*seen.borrow() > 0);
    context.set_threads(1).unwrap();
    assert_eq!(Rc::strong_count(&seen), 1);
    context.set_executor(2, |_| ()).unwrap(); // leaves its work undone
    assert_eq!(flow.advance(5.0).unwrap_err().name(), "MOE_ERROR_CALLBACK");
    assert!(build_info().unwrap().starts_with(&format!("version {}", version())));
}

#[test]
fn expert_of_closures() {
    let context = Context::new().unwrap();
    context.set_threads(2).unwrap();
    let value = |theta: &[f64], x: &[f64], f: &mut [f64]| f[0] = (theta[0] + x[0]).cos();
    let derivative = |theta: &[f64], x: &[f64], df: &mut [f64]| df[0] = -(theta[0] + x[0]).sin();
    let expert = ExpertHandle::from_fn(&context, 1, 1, &CIRCLE, value, derivative).unwrap();
    expert.check(&context, &X, &[0.3, 2.0, -4.0]).unwrap();
    check_limit(&context, &expert);
}

#[test]
fn expert_of_a_circuit() {
    let context = Context::new().unwrap();
    let mut circuit = Circuit::new(&context, 1, 1, 1, 1).unwrap();
    circuit.rotation("Y", &[0], Angle::input(0)).unwrap();
    circuit.rotation("Y", &[], Angle::theta(0)).unwrap();
    circuit.observable(0, 1.0, "Z").unwrap();
    let expert = circuit.expert(None).unwrap();
    assert_eq!((expert.parameters(), expert.inputs(), expert.outputs()), (1, 1, 1));
    assert!((expert.periods()[0] - 2.0 * PI).abs() < 1e-15);
    check_limit(&context, &expert);
    let again = Circuit::read(&context, &circuit.write().unwrap()).unwrap();
    assert_eq!(again.parameters(), 1);
    let values = again.expert(Some(&[4.0 * PI])).unwrap().values(&context, &X, &[0.7]).unwrap();
    assert_eq!(values, expert.values(&context, &X, &[0.7]).unwrap());
}

/// The same bits on one thread, on two, and on several threads with a context each, all with one model.
#[test]
fn one_model_on_several_threads() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let start = uniform(&context).random(1, 0, 0, 200).unwrap();
    let train = |threads| {
        let context = Context::new().unwrap();
        context.set_threads(threads).unwrap();
        let mut flow = Flow::new(&context, &model, &start).unwrap();
        flow.record().unwrap();
        flow.advance(2.0).unwrap();
        (flow.points().to_vec(), flow.field().unwrap())
    };
    let (expected, field) = train(1);
    thread::scope(|scope| {
        let others: Vec<_> = (1..=4).map(|k| scope.spawn(move || train(1 + k % 2))).collect();
        for other in others {
            let (points, theirs) = other.join().unwrap();
            assert_eq!(points, expected);
            assert_eq!(theirs.predictions(&context, 1.0).unwrap(), field.predictions(&context, 1.0).unwrap());
        }
    });
}

/// With softmax's place taken by an own square loss, and decay's by an own potential: the same flow to rounding.
#[test]
fn own_loss_and_potential() {
    struct Square;
    impl Loss for Square {
        fn value(&self, k: usize, f: &[f64], y: &[f64], value: &mut [f64]) -> Outcome {
            for (value, (f, y)) in value.iter_mut().zip(f.chunks(k).zip(y.chunks(k))) {
                *value = f.iter().zip(y).map(|(f, y)| (f - y) * (f - y) / 2.0).sum();
            }
            Ok(())
        }

        fn residual(&self, _: usize, f: &[f64], y: &[f64], r: &mut [f64]) -> Outcome {
            r.iter_mut().zip(f.iter().zip(y)).for_each(|(r, (f, y))| *r = f - y);
            Ok(())
        }

        const CURVATURE: bool = true;

        fn curvature(&self, _: usize, _: &[f64], _: &[f64], u: &[f64], c: &mut [f64]) -> Outcome {
            c.copy_from_slice(u);
            Ok(())
        }
    }
    struct Decay(f64);
    impl Potential for Decay {
        fn value(&self, _: usize, theta: &[f64], value: &mut [f64]) -> Outcome {
            value.iter_mut().zip(theta).for_each(|(value, theta)| *value = self.0 * (1.0 - theta.cos()));
            Ok(())
        }

        fn gradient(&self, _: usize, theta: &[f64], g: &mut [f64]) -> Outcome {
            g.iter_mut().zip(theta).for_each(|(g, theta)| *g = self.0 * theta.sin());
            Ok(())
        }
    }
    let context = Context::new().unwrap();
    let expert = cosine(&context, Cosine::new(true));
    let (mut own, mut known) =
        (Objective::new(&context, &expert).unwrap(), Objective::new(&context, &expert).unwrap());
    own.set_own_loss(Square).unwrap();
    own.set_potential(Decay(0.3)).unwrap();
    known.set_loss(BuiltinLoss::Square).unwrap();
    known.set_decay(Some(&[0.3])).unwrap();
    let start = rule(&context, 64);
    let mut ends = Vec::new();
    for objective in [&mut own, &mut known] {
        objective.set_scale(2.0).unwrap();
        objective.set_mobility(Some(&[0.5])).unwrap();
        let model = Model::with_objective(&context, objective, &X, &Y, Some(&V)).unwrap();
        assert_eq!(model.curvature(&context, &Y, &X).unwrap(), X);
        let mut flow = Flow::new(&context, &model, &start).unwrap();
        flow.set_method(Method::Adams).unwrap();
        let before = model.energy(&context, &start).unwrap();
        flow.advance(3.0).unwrap();
        let (dissipated, defect) = flow.energy().unwrap();
        let after = model.energy(&context, &flow.measure().unwrap()).unwrap();
        assert!(dissipated > 0.0 && defect.abs() < 1e-6);
        assert!((before - after - dissipated - defect).abs() < 1e-12);
        ends.push(flow.points().to_vec());
    }
    assert!(furthest(&ends[0], &ends[1]) < 1e-12);
}

/// Observers see every step; a tracer that the flow's own field drives goes where the flow went.
#[test]
fn observers_fields_and_tracers() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let start = rule(&context, 32);
    let mut flow = Flow::new(&context, &model, &start).unwrap();
    flow.record().unwrap();
    flow.set_tolerance(1e-11, 1e-11).unwrap();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sees = seen.clone();
    flow.set_observer(move |state: &FlowState| {
        assert!(state.previous_time() < state.time());
        assert_eq!(state.points().len(), 32);
        assert!(furthest(&state.interpolate(state.time()).unwrap(), state.points()) < 1e-14);
        sees.borrow_mut().push(state.loss().unwrap());
        Ok(())
    })
    .unwrap();
    flow.advance(2.0).unwrap();
    assert_eq!(seen.borrow().len() as i64, flow.counts().unwrap().steps);
    assert!(seen.borrow().windows(2).all(|pair| pair[1] <= pair[0] + 1e-12));
    flow.clear_observer().unwrap();
    assert_eq!(Rc::strong_count(&seen), 1);
    let field = flow.field().unwrap();
    assert_eq!((field.begin(), field.end()), (0.0, 2.0));
    let mut tracers = Flow::driven(&context, &field, &start).unwrap();
    tracers.set_tolerance(1e-11, 1e-11).unwrap();
    tracers.advance(2.0).unwrap();
    assert!(furthest(tracers.points(), flow.points()) < 1e-9);
    let map = field.map(&context, 0.0, 2.0, start.points(), 1e-11).unwrap();
    assert!(furthest(&map.image, flow.points()) < 1e-9);
    let jacobian: Vec<f64> = map.jacobian.iter().map(|j| j.ln()).collect();
    assert!(furthest(&jacobian, &map.log_determinant) < 1e-9);
    let density = field.density(&uniform(&context), 2.0, &map.image, 1e-11).unwrap();
    let pushed: Vec<f64> = map.jacobian.iter().map(|j| 1.0 / (2.0 * PI * j)).collect();
    assert!(furthest(&density, &pushed) < 1e-9);
    let loss = flow.loss().unwrap();
    assert_eq!(flow.advance_until(100.0, 0.0, loss * 0.99).unwrap(), Reached::Loss);
    assert!(flow.loss().unwrap() <= loss * 0.99 && flow.time() > 2.0);
}

/// At t = 0 the fluctuations are those of independent draws, Cov(f(theta, x), f(theta, x')) = cos(x - x') / 2.
#[test]
fn fluctuations_at_the_start() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let start = rule(&context, 64);
    let mut flow = Flow::new(&context, &model, &start).unwrap();
    flow.record().unwrap();
    flow.advance(1.0).unwrap();
    let field = flow.field().unwrap();
    let inputs = [0.0, 0.4, 2.0];
    let covariance = field.fluctuations(&context, &start, &[0.0], Some(&inputs), 1e-9).unwrap();
    for (i, a) in inputs.iter().enumerate() {
        for (j, b) in inputs.iter().enumerate() {
            assert!((covariance[3 * i + j] - (a - b).cos() / 2.0).abs() < 1e-9);
        }
    }
    let (lower, upper) = field.band(&context, &start, 100, 0.95, None, &[0.0], Some(&inputs), 1e-9).unwrap();
    let half = 1.959963984540054 * (0.5f64 / 100.0).sqrt();
    assert!(lower.iter().all(|low| (low + half).abs() < 1e-9));
    assert!(upper.iter().all(|up| (up - half).abs() < 1e-9));
    let bias = model.bias(&context, &start, &[0.0], None, 64, 1).unwrap();
    assert!(bias.bias.iter().all(|bias| bias.abs() < 1e-9));
}

#[test]
fn kernels_and_the_lazy_regime() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let start = rule(&context, 64);
    let kernel = model.kernel(&context, &start, &X, &X).unwrap();
    for i in 0..7 {
        for j in 0..7 {
            assert!((kernel[7 * i + j] - (X[i] - X[j]).cos() / 2.0).abs() < 1e-12);
        }
    }
    assert!((model.sensitivity(&context, &start).unwrap()[0] - 0.5).abs() < 1e-12);
    let frozen = model.frozen(&context, &start, &[0.0], None).unwrap();
    assert!(furthest(&frozen, &[0.0; 7]) < 1e-12);
    let predictions = model.predictions(&context, &start).unwrap();
    assert_eq!(model.predict(&context, &start, &X).unwrap(), predictions);
    let loss: f64 = (0..7).map(|j| V[j] * (predictions[j] - Y[j]).powi(2) / 2.0).sum();
    assert!((model.loss(&context, &start).unwrap() - loss).abs() < 1e-14);
    let reduced = model.reduce(&uniform(&context), None).unwrap();
    assert_eq!((reduced.law.parameters(), reduced.form), (1, vec![1.0]));
    assert_eq!(model.drift(&context, &start).unwrap().len(), 64);
    assert_eq!(model.points(), 7);
}
