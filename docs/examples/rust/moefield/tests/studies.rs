//! Studies: what they measure, their limit, saving and going on.
// SPDX-License-Identifier: MIT

mod common;

use common::*;
use moefield::*;
use std::ops::ControlFlow;

fn study(context: &Context, model: &Model) -> Study {
    let mut study = Study::new(model, &uniform(context)).unwrap();
    study.set_times(&[0.0, 1.0]).unwrap();
    study.set_experts(&[8, 16, 32, 64]).unwrap();
    study.set_replicas(32, 32, 0.0).unwrap();
    study.set_seed(5).unwrap();
    study.set_tolerance(1e-8).unwrap();
    study.set_distances(32, 0).unwrap();
    study.set_marginals(3).unwrap();
    study
}

#[test]
fn mixtures_come_near_the_limit() {
    let context = Context::new().unwrap();
    context.set_threads(2).unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mut study = study(&context, &model);
    assert_eq!(study.means(Quantity::Loss, 0).unwrap_err().name(), "MOE_ERROR_ORDER");
    study.run().unwrap();
    let limit = study.limit().unwrap();
    assert!(furthest(&limit.predictions(1).unwrap(), &centroid_predictions(1.0)) < 1e-8);
    let means = study.means(Quantity::Prediction, 1).unwrap();
    assert_eq!(means.replicas, [32; 4]);
    assert!(means.mean.windows(2).all(|pair| pair[1] < pair[0]));
    let rate = study.rate(Quantity::Prediction, 1).unwrap();
    assert_eq!(rate.theory, -0.5);
    assert!(rate.exponent.lower < rate.exponent.fitted && rate.exponent.fitted < rate.exponent.upper);
    assert!((rate.exponent.fitted + 0.5).abs() < 0.25 && rate.probability > 1e-3, "{rate:?}");
    let (plain, ..) = study.rate_form(Quantity::Prediction, 1, RateForm::Plain).unwrap();
    assert_eq!(plain, rate.exponent);
    let distances = study.means(Quantity::W1, 1).unwrap();
    let (a_priori, along) = study.bound(1).unwrap();
    assert!((0..3).all(|i| distances.mean[i] < along[i] && along[i] <= a_priori[i]));
    assert!(distances.mean[3].is_nan());
    let (_, _, estimated) = study.lipschitz().unwrap();
    assert!(estimated);
    assert_eq!(study.dimension().unwrap(), (1, 1));
    let (bias, error) = study.bias(0, 0).unwrap();
    assert!((0..7).all(|j| bias[j].abs() < 6.0 * error[j])); // draws of the law have none
}

#[test]
fn studies_go_on_where_they_were() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mut whole = study(&context, &model);
    whole.run().unwrap();
    let mut part = study(&context, &model);
    context
        .set_progress(|what, part| {
            if what == "study" && part > 0.4 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(part.run().unwrap_err().name(), "MOE_ERROR_CANCELLED");
    context.clear_progress().unwrap();
    let bytes = part.save().unwrap();
    drop(part);
    let mut rest = study(&context, &model);
    assert_eq!(rest.restore(&bytes[1..]).unwrap_err().name(), "MOE_ERROR_VALUE");
    rest.restore(&bytes).unwrap();
    rest.run().unwrap();
    let (a, b) = (rest.means(Quantity::Coupling, 1).unwrap(), whole.means(Quantity::Coupling, 1).unwrap());
    assert_eq!(a, b);
}

#[test]
fn a_flow_goes_on_from_bytes() {
    let context = Context::new().unwrap();
    let model = model(&context, &cosine(&context, Cosine::new(true)));
    let mu = Measure::new(&context, &CIRCLE, &[0.3, 1.2, 4.0], None).unwrap();
    let mut whole = Flow::new(&context, &model, &mu).unwrap();
    whole.advance(0.5).unwrap();
    let bytes = whole.save().unwrap();
    let (mut rest, exact) = Flow::restored(&context, &model, &bytes).unwrap();
    assert!(exact);
    whole.advance(1.0).unwrap();
    rest.advance(1.0).unwrap();
    assert_eq!(rest.points(), whole.points());
    assert_eq!(rest.save().unwrap(), whole.save().unwrap());
    assert_eq!(Flow::restored(&context, &model, &bytes[1..]).err().unwrap().name(), "MOE_ERROR_VALUE");
}
