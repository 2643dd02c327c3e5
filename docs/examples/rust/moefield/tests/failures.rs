//! Errors, panics in every callback, cancelling, and handles dropped in any order.
// SPDX-License-Identifier: MIT

mod common;

use common::*;
use moefield::*;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::Arc;
use std::thread;

/// The words of the panic that a call ends in.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).map(|_| ()).expect_err("the call should panic");
    panic.downcast_ref::<&str>().expect("a panic with words").to_string()
}

fn context_of(threads: i32) -> Context {
    let context = Context::new().unwrap();
    context.set_threads(threads).unwrap();
    context
}

// ---- errors -----------------------------------------------------------------------------------------------------

#[test]
fn errors_have_name_and_sentence() {
    let context = Context::new().unwrap();
    let error = context.set_threads(0).unwrap_err();
    assert_eq!((error.status(), error.name()), (sys::MOE_ERROR_VALUE, "MOE_ERROR_VALUE"));
    assert_eq!(error.sentence(), "threads is 0; it takes 1 to 256");
    assert_eq!(error.to_string(), "MOE_ERROR_VALUE: threads is 0; it takes 1 to 256");
    assert_eq!(error.failure(), None);
    let missing = Law::new(&context, &[f64::INFINITY]).unwrap().random(1, 0, 0, 3).err().unwrap();
    assert_eq!(missing.name(), "MOE_ERROR_ORDER");
}

#[test]
fn lengths_are_checked() {
    let context = Context::new().unwrap();
    let expert = cosine(&context, Cosine::new(true));
    let model = model(&context, &expert);
    let size = |error: Option<Error>| assert_eq!(error.unwrap().status(), sys::MOE_ERROR_SIZE);
    size(Model::new(&context, &expert, &X, &Y[1..], None).err());
    size(Model::new(&context, &expert, &X, &Y, Some(&V[1..])).err());
    size(Model::new(&context, &expert, &[], &[], None).err());
    size(model.predict(&context, &rule(&context, 4), &[]).err());
    size(model.frozen(&context, &rule(&context, 4), &[0.0], Some(&[])).err());
    size(uniform(&context).tensor(&[4, 4]).err());
    size(Measure::new(&context, &CIRCLE, &[0.0, 1.0], Some(&[1.0])).err());
    size(Measure::new(&context, &[], &[], None).err());
    size(Objective::new(&context, &expert).unwrap().set_decay(Some(&[0.0, 0.0])).err());
    let mut circuit = Circuit::new(&context, 2, 1, 1, 1).unwrap();
    size(circuit.rotation("ZZ", &[0], Angle::theta(0)).err());
    size(circuit.gate("CNOT", &[0]).err());
    size(circuit.unitary(&[0], &[1.0; 7]).err());
    size(circuit.expert(Some(&[1.0, 1.0])).err());
    assert_eq!(circuit.gate("NOT", &[0]).unwrap_err().name(), "MOE_ERROR_GATE");
    assert_eq!(circuit.gate("H", &[2]).unwrap_err().name(), "MOE_ERROR_INDEX");
    assert_eq!(circuit.observable(0, 1.0, "Z\0").unwrap_err().name(), "MOE_ERROR_PAULI");
    assert!(Circuit::read(&context, "OPENQASM 3.0; x y").err().unwrap().name() == "MOE_ERROR_SYNTAX");
}

#[test]
fn an_expert_that_cannot_be_made_is_dropped_once() {
    let context = Context::new().unwrap();
    let expert = Cosine::new(true);
    let dropped = expert.dropped.clone();
    assert_eq!(ExpertHandle::new(&context, 0, 1, &CIRCLE, expert).err().unwrap().name(), "MOE_ERROR_SIZE");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn experts_fail_with_their_own_status() {
    for threads in [1, 2] {
        let context = context_of(threads);
        let stops = cosine(&context, Cosine::with(Fault::StopInValues));
        let error = stops.values(&context, &X, &[0.0, 1.0]).unwrap_err();
        assert_eq!((error.name(), error.failure()), ("MOE_ERROR_CALLBACK", Some(Failure::Stop(7))));
        let retries = model(&context, &cosine(&context, Cosine::with(Fault::RetryInPullback)));
        let mut flow = Flow::new(&context, &retries, &rule(&context, 64)).unwrap();
        let error = flow.advance(1.0).unwrap_err();
        assert_eq!(error.failure(), Some(Failure::ShortenStep(3)), "{error}");
        assert_eq!(flow.time(), 0.0);
    }
}

#[test]
fn faults_of_experts_are_found() {
    let context = Context::new().unwrap();
    let wrong = ExpertHandle::from_fn(
        &context,
        1,
        1,
        &CIRCLE,
        |theta, x, f| f[0] = (theta[0] + x[0]).cos(),
        |theta, x, df| df[0] = (theta[0] + x[0]).sin(),
    )
    .unwrap();
    let error = wrong.check(&context, &X, &[0.3, 1.0]).unwrap_err();
    assert_eq!(error.name(), "MOE_ERROR_CHECK");
    assert!(error.sentence().contains("pullback"), "{error}");
}

// ---- panics -----------------------------------------------------------------------------------------------------

#[test]
fn panics_of_experts_go_on() {
    for threads in [1, 2, 4] {
        let context = context_of(threads);
        let expert = cosine(&context, Cosine::with(Fault::PanicInValues));
        let values = panic_of(|| expert.values(&context, &X, &[0.0; 100]));
        assert_eq!(values, "in values");
        let start = rule(&context, 500);
        let bad = model(&context, &cosine(&context, Cosine::with(Fault::PanicInPullback)));
        assert_eq!(panic_of(|| bad.drift(&context, &start)), "in pullback");
        let mut flow = Flow::new(&context, &bad, &start).unwrap();
        assert_eq!(panic_of(|| flow.advance(1.0)), "in pullback");
        assert_eq!(panic_of(|| Limit::new(&bad, &uniform(&context))?.solve()), "in pullback");
        // the context goes on
        let good = model(&context, &cosine(&context, Cosine::new(true)));
        assert!(good.loss(&context, &start).unwrap() > 0.0);
        assert_eq!(flow.advance(f64::NAN).unwrap_err().name(), "MOE_ERROR_TIME");
    }
}

/// Replicas run in contexts of the workers' own; the panic still comes back through the study's.
#[test]
fn panics_in_studies_go_on() {
    struct Late {
        calls: Arc<AtomicUsize>,
        last: usize,
    }
    impl Expert for Late {
        fn values(&self, at: &Batch, f: &mut [f64]) -> Outcome {
            if self.calls.fetch_add(1, Ordering::SeqCst) >= self.last {
                panic!("late");
            }
            Cosine::new(true).values(at, f)
        }

        fn pullback(&self, at: &Batch, r: &[f64], g: &mut [f64]) -> Outcome {
            Cosine::new(true).pullback(at, r, g)
        }
    }
    let run = |threads, last| {
        let (context, calls) = (context_of(threads), Arc::new(AtomicUsize::new(0)));
        let expert = Late { calls: calls.clone(), last };
        let expert = ExpertHandle::new(&context, 1, 1, &CIRCLE, expert)?;
        let mut study = Study::new(&model(&context, &expert), &uniform(&context))?;
        study.set_experts(&[4, 8, 16])?;
        study.set_replicas(50, 50, 0.0)?;
        study.run()?;
        Result::Ok(calls.load(Ordering::SeqCst))
    };
    for threads in [1, 3] {
        let calls = run(threads, usize::MAX).unwrap();
        for last in [0, calls / 4, calls / 2, calls * 9 / 10] {
            assert_eq!(panic_of(|| run(threads, last)), "late");
        }
    }
}

#[test]
fn panics_of_laws_go_on() {
    let context = Context::new().unwrap();
    let mut law = Law::new(&context, &[f64::INFINITY]).unwrap();
    assert_eq!(panic_of(|| law.set_quantile(0, |_| panic!("at once"))), "at once");
    let asked = Rc::new(Cell::new(0));
    let counts = asked.clone();
    law.set_quantile(0, move |u| {
        counts.set(counts.get() + 1);
        if counts.get() > 50 {
            panic!("later")
        }
        u
    })
    .unwrap();
    assert_eq!(panic_of(|| law.random(1, 0, 0, 100)), "later");
    assert_eq!(panic_of(|| law.tensor(&[100])), "later");
}

#[test]
fn panics_of_losses_and_potentials_go_on() {
    #[derive(Clone, Copy, PartialEq)]
    enum Place {
        Value,
        Residual,
        Labels,
        Potential,
        Slope,
    }
    struct Bad(Place);
    impl Loss for Bad {
        fn value(&self, _: usize, _: &[f64], _: &[f64], value: &mut [f64]) -> Outcome {
            assert!(self.0 != Place::Value, "bad loss");
            value.fill(0.0);
            Ok(())
        }

        fn residual(&self, _: usize, _: &[f64], _: &[f64], r: &mut [f64]) -> Outcome {
            assert!(self.0 != Place::Residual, "bad loss");
            r.fill(1.0);
            Ok(())
        }

        fn takes(&self, y: &[f64]) -> bool {
            assert!(self.0 != Place::Labels, "bad loss");
            y[0] < 1.0
        }
    }
    impl Potential for Bad {
        fn value(&self, _: usize, _: &[f64], value: &mut [f64]) -> Outcome {
            assert!(self.0 != Place::Potential, "bad potential");
            value.fill(0.0);
            Ok(())
        }

        fn gradient(&self, _: usize, _: &[f64], g: &mut [f64]) -> Outcome {
            assert!(self.0 != Place::Slope, "bad potential");
            g.fill(0.0);
            Ok(())
        }
    }
    let context = context_of(2);
    let expert = cosine(&context, Cosine::new(true));
    for place in [Place::Value, Place::Residual, Place::Labels, Place::Potential, Place::Slope] {
        let mut objective = Objective::new(&context, &expert).unwrap();
        let loss =
            if matches!(place, Place::Potential | Place::Slope) { "bad potential" } else { "bad loss" };
        let words = panic_of(|| {
            objective.set_own_loss(Bad(place))?;
            objective.set_potential(Bad(place))?;
            let model = Model::with_objective(&context, &objective, &X, &Y, None)?;
            let start = rule(&context, 100);
            model.energy(&context, &start)?;
            model.drift(&context, &start)
        });
        assert_eq!(words, loss);
    }
    let mut objective = Objective::new(&context, &expert).unwrap();
    objective.set_own_loss(Bad(Place::Value)).unwrap();
    let error = Model::with_objective(&context, &objective, &X, &[2.0; 7], None).err().unwrap();
    assert_eq!(error.name(), "MOE_ERROR_VALUE");
}

#[test]
fn panics_of_observers_and_progress_go_on() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mut flow = Flow::new(&context, &model, &rule(&context, 16)).unwrap();
    flow.set_steps(0.0, 0.05).unwrap();
    flow.set_observer(|state: &FlowState| if state.time() > 0.1 { panic!("seen") } else { Ok(()) }).unwrap();
    assert_eq!(panic_of(|| flow.advance(1.0)), "seen");
    let stopped = flow.time();
    assert!(0.1 < stopped && stopped < 0.2);
    flow.set_observer(|_| Err(Failure::Stop(1))).unwrap();
    assert_eq!(flow.advance(1.0).unwrap_err().failure(), Some(Failure::Stop(1)));
    flow.clear_observer().unwrap();
    context.set_executor(2, |_| panic!("no threads")).unwrap();
    let start = rule(&context, 1024);
    assert_eq!(panic_of(|| model.drift(&context, &start)), "no threads");
    context.set_threads(1).unwrap();
    context.set_progress(|_, _| panic!("told")).unwrap();
    assert_eq!(panic_of(|| flow.advance(1.0)), "told");
    context.clear_progress().unwrap();
    flow.advance(1.0).unwrap();
}

#[test]
fn panics_in_drop_are_swallowed() {
    let context = Context::new().unwrap();
    let expert = Cosine::with(Fault::PanicInDrop);
    let dropped = expert.dropped.clone();
    drop(cosine(&context, expert));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

/// A panic on one thread is that thread's, whatever other threads do with the same expert.
#[test]
fn panics_find_their_thread() {
    struct Sometimes;
    impl Expert for Sometimes {
        fn values(&self, at: &Batch, f: &mut [f64]) -> Outcome {
            if at.theta[0] < 0.0 {
                std::panic::panic_any(at.theta[0]);
            }
            f.fill(1.0);
            Ok(())
        }

        fn pullback(&self, _: &Batch, _: &[f64], g: &mut [f64]) -> Outcome {
            g.fill(0.0);
            Ok(())
        }
    }
    let context = Context::new().unwrap();
    let expert = ExpertHandle::new(&context, 1, 1, &CIRCLE, Sometimes).unwrap();
    thread::scope(|scope| {
        for k in 1..=4 {
            let expert = &expert;
            scope.spawn(move || {
                let context = Context::new().unwrap();
                for i in 1..200 {
                    let theta = -f64::from(k * 1000 + i);
                    let end = catch_unwind(AssertUnwindSafe(|| expert.values(&context, &X, &[theta])));
                    assert_eq!(end.unwrap_err().downcast_ref::<f64>(), Some(&theta));
                    assert_eq!(expert.values(&context, &X, &[1.0]).unwrap(), [1.0; 7]);
                }
            });
        }
    });
}

// ---- cancelling and progress ------------------------------------------------------------------------------------

#[test]
fn calls_are_cancelled_from_another_thread() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mut flow = Flow::new(&context, &model, &rule(&context, 64)).unwrap();
    flow.set_steps(0.0, 1e-3).unwrap();
    let handle = context.cancel_handle();
    let (started, starts) = mpsc::channel();
    let canceller = thread::spawn(move || {
        starts.recv().unwrap();
        handle.cancel();
        handle
    });
    flow.set_observer(move |_| {
        started.send(()).ok();
        Ok(())
    })
    .unwrap();
    let error = flow.advance(1e6).unwrap_err();
    assert_eq!(error.name(), "MOE_ERROR_CANCELLED");
    flow.advance(flow.time() + 1e-2).unwrap();
    let handle = canceller.join().unwrap();
    drop((flow, model, context));
    handle.cancel(); // of nothing
}

#[test]
fn progress_is_told_and_cancels() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let told = Rc::new(RefCell::new(Vec::new()));
    let tells = told.clone();
    context
        .set_progress(move |what, part| {
            tells.borrow_mut().push((what.to_string(), part));
            if part > 0.5 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    let mut flow = Flow::new(&context, &model, &rule(&context, 16)).unwrap();
    flow.set_steps(0.0, 0.05).unwrap();
    assert_eq!(flow.advance(1.0).unwrap_err().name(), "MOE_ERROR_CANCELLED");
    assert!(told.borrow().iter().all(|(what, part)| what == "flow" && (0.0..=1.0).contains(part)));
    assert!(told.borrow().windows(2).all(|pair| pair[0].1 <= pair[1].1));
    // one that takes another's place while it runs
    let weak = Rc::downgrade(&told);
    let inside = context.clone();
    context
        .set_progress(move |_, _| {
            inside.set_progress(|_, _| ControlFlow::Break(())).unwrap();
            ControlFlow::Continue(())
        })
        .unwrap();
    drop(told);
    assert!(weak.upgrade().is_none());
    assert_eq!(flow.advance(2.0).unwrap_err().name(), "MOE_ERROR_CANCELLED");
}

// ---- lives ------------------------------------------------------------------------------------------------------

#[test]
fn handles_are_dropped_in_any_order() {
    // each order rotates the handles; shared ones go on another thread
    for turn in 0..8 {
        let context = context_of(2);
        let own = Cosine::new(true);
        let dropped = own.dropped.clone();
        let expert = cosine(&context, own);
        let model = model(&context, &expert);
        let law = uniform(&context);
        let start = law.random(1, 0, 0, 50).unwrap();
        let mut flow = Flow::new(&context, &model, &start).unwrap();
        flow.record().unwrap();
        flow.advance(0.5).unwrap();
        let field = flow.field().unwrap();
        let driven = Flow::driven(&context, &field, &start).unwrap();
        let limit = Limit::new(&model, &law).unwrap();
        let objective = Objective::new(&context, &expert).unwrap();
        let mut orders: Vec<Box<dyn FnOnce()>> = vec![
            Box::new(move || drop(context)),
            Box::new(move || thread::spawn(move || drop(expert)).join().unwrap()),
            Box::new(move || thread::spawn(move || drop((model, start))).join().unwrap()),
            Box::new(move || drop(law)),
            Box::new(move || drop(flow)),
            Box::new(move || thread::spawn(move || drop(field)).join().unwrap()),
            Box::new(move || drop((driven, objective))),
            Box::new(move || drop(limit)),
        ];
        orders.rotate_left(turn);
        assert_eq!(dropped.load(Ordering::SeqCst), 0);
        orders.into_iter().for_each(|give_back| give_back());
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn quantiles_live_as_long_as_what_was_made_of_the_law() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let alive = Rc::new(());
    let held = alive.clone();
    let mut law = uniform(&context);
    law.set_quantile(0, move |u| {
        let _ = &held;
        u
    })
    .unwrap();
    let mut limit = Limit::new(&model, &law).unwrap();
    limit.set_tolerance(1e-3).unwrap();
    drop(law);
    assert_eq!(Rc::strong_count(&alive), 2);
    limit.solve().unwrap();
    drop(limit);
    assert_eq!(Rc::strong_count(&alive), 1);
}

/// What may be shared and moved between threads, as the library says.
#[test]
fn shared_handles_are_send_and_sync() {
    fn both<T: Send + Sync>() {}
    fn sendable<T: Send>() {}
    both::<ExpertHandle>();
    both::<Model>();
    both::<Measure>();
    both::<Field>();
    both::<CancelHandle>();
    both::<Error>();
    sendable::<Arc<Model>>();
    // what belongs to a context stays on its thread: were one of these Send, the call would be ambiguous
    trait Stays<Which> {
        fn stays() {}
    }
    impl<T> Stays<()> for T {}
    impl<T: Send> Stays<u8> for T {}
    impl<T: Sync> Stays<u16> for T {}
    <Context as Stays<_>>::stays();
    <Law as Stays<_>>::stays();
    <Objective as Stays<_>>::stays();
    <Flow as Stays<_>>::stays();
    <Limit as Stays<_>>::stays();
    <Study as Stays<_>>::stays();
    <Transport as Stays<_>>::stays();
    <Circuit as Stays<_>>::stays();
}
