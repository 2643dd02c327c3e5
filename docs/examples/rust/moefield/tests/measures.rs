//! Laws, measures, distances and transport, against known answers.
// SPDX-License-Identifier: MIT

mod common;

use common::*;
use moefield::*;
use std::f64::consts::PI;
use std::thread;

#[test]
fn laws_by_quantiles() {
    let context = Context::new().unwrap();
    context.set_threads(2).unwrap();
    let here = thread::current().id();
    let mut law = Law::new(&context, &[f64::INFINITY]).unwrap();
    law.set_quantile(0, move |u| {
        assert_eq!(thread::current().id(), here); // on the calling thread only
        -(1.0 - u).ln()
    })
    .unwrap();
    let draws = law.random(3, 0, 0, 4000).unwrap();
    let mean = draws.moments(&context).unwrap().mean[0];
    assert!((mean - 1.0).abs() < 6.0 / 4000f64.sqrt()); // of the exponential law, deviation 1
    let rule = law.tensor(&[200]).unwrap();
    drop(law);
    assert!((rule.moments(&context).unwrap().mean[0] - 1.0).abs() < 1e-3);
    assert!((rule.weights().iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn laws_of_each_kind() {
    let context = Context::new().unwrap();
    let mut law = Law::new(&context, &[2.0 * PI, 2.0 * PI, f64::INFINITY, f64::INFINITY]).unwrap();
    law.set_von_mises(1, 0.5, 3.0).unwrap();
    law.set_normal(2, -1.0, 2.0).unwrap();
    law.set_fixed(3, 4.0).unwrap();
    let rule = law.tensor(&[8, 32, 16, 1]).unwrap();
    assert_eq!((rule.count(), rule.dimension(), rule.periods().len()), (8 * 32 * 16, 4, 4));
    let moments = rule.moments(&context).unwrap();
    assert!(furthest(&moments.mean[1..], &[0.5, -1.0, 4.0]) < 1e-10);
    assert!((moments.covariance[2 * 4 + 2] - 4.0).abs() < 1e-9);
    // E cos of the von Mises law is I_1(3) / I_0(3)
    let modes = rule.modes(&context, &[0, 1, 0, 0]).unwrap();
    assert!(((modes[0].powi(2) + modes[1].powi(2)).sqrt() - 0.8099853).abs() < 1e-6);
    assert_eq!(law.lattice(64, None, 1, 0).unwrap().count(), 64);
    law.set_samples(2, 2, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    law.set_uniform(0, 0.0, 1.0).unwrap();
    assert_eq!(law.tensor(&[4, 4, 2, 1]).unwrap().count(), 32);
}

#[test]
fn distances_on_a_circle() {
    let context = Context::new().unwrap();
    let a = Measure::new(&context, &CIRCLE, &[0.0, 1.0], None).unwrap();
    let b = Measure::new(&context, &CIRCLE, &[6.0, 1.5], Some(&[0.5, 0.5])).unwrap();
    let expected = (2.0 * PI - 6.0 + 0.5) / 2.0;
    let found = a.distance(&context, &b, 1.0).unwrap();
    assert!(found.lower <= expected + 1e-14 && expected <= found.upper + 1e-14);
    assert!(found.upper - found.lower < 1e-10);
    let modes = a.mode_distance(&context, &b, 8).unwrap();
    assert!(modes.lower <= expected && modes.norm > 0.0);
    // one point to the uniform law: the mean distance is pi / 2
    let point = Measure::new(&context, &CIRCLE, &[0.0], None).unwrap();
    let found = point.distance_to_law(&uniform(&context), 1.0, 1e-6).unwrap();
    assert!(found.lower <= PI / 2.0 + 1e-9 && PI / 2.0 - 1e-9 <= found.upper);
    let cells = rule(&context, 64);
    let wide = point.distance_to_cells(&context, &cells, &[PI / 64.0; 64], 1.0).unwrap();
    assert!(wide.lower <= PI / 2.0 && PI / 2.0 <= wide.upper);
    let nodes = cells.points();
    let image = point.distance_to_image(&uniform(&context), nodes, nodes, f64::INFINITY, 1.0).unwrap();
    assert!(image.lower <= PI / 2.0 && PI / 2.0 <= image.upper && image.upper < 2.0);
}

#[test]
fn plans_and_potentials() {
    let context = Context::new().unwrap();
    let periods = [2.0 * PI, f64::INFINITY];
    let mut law = Law::new(&context, &periods).unwrap();
    law.set_normal(1, 0.0, 1.0).unwrap();
    let (a, b) = (law.random(1, 0, 0, 40).unwrap(), law.random(2, 0, 0, 40).unwrap());
    let mut transport = Transport::new(&context, &a, &b, 2.0).unwrap();
    assert_eq!(transport.plan().unwrap_err().status(), sys::MOE_ERROR_ORDER);
    transport.set_gap(0.0).unwrap();
    transport.solve().unwrap();
    let bounds = transport.bounds().unwrap();
    assert_eq!(bounds, a.distance(&context, &b, 2.0).unwrap());
    let plan = transport.plan().unwrap();
    let cost: f64 = (0..plan.masses.len())
        .map(|e| {
            let (p, q) =
                (&a.points()[2 * plan.rows[e] as usize..], &b.points()[2 * plan.columns[e] as usize..]);
            let turn = (p[0] - q[0]).rem_euclid(2.0 * PI);
            plan.masses[e] * (turn.min(2.0 * PI - turn).powi(2) + (p[1] - q[1]).powi(2))
        })
        .sum();
    assert!((cost.sqrt() - bounds.upper).abs() < 1e-10);
    let (phi, psi) = transport.potentials().unwrap();
    let dual = (phi.iter().sum::<f64>() + psi.iter().sum::<f64>()) / 40.0;
    assert!((dual.sqrt() - bounds.lower).abs() < 1e-9);
    assert!(!transport.method().is_empty());
}
