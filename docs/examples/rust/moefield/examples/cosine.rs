//! A Rust expert, f(theta, x) = cos(theta + x), trained to its mean-field limit; and 1000 of them beside it.
// SPDX-License-Identifier: MIT

use moefield::{Context, ExpertHandle, Flow, Law, Limit, Model};
use std::f64::consts::PI;

fn main() -> Result<(), moefield::Error> {
    let (x, y) = ([-1.0, -0.3, 0.4, 1.2], [0.4, -0.2, 0.1, 0.5]);
    let context = Context::new()?;
    let circle = [2.0 * PI];
    let expert = ExpertHandle::from_fn(
        &context,
        1, // input
        1, // output
        &circle,
        |theta, x, f| f[0] = (theta[0] + x[0]).cos(),
        |theta, x, df| df[0] = -(theta[0] + x[0]).sin(),
    )?;
    expert.check(&context, &x, &[0.3, 2.0, 5.0])?;

    let model = Model::new(&context, &expert, &x, &y, None)?;
    let law = Law::new(&context, &circle)?; // uniform
    let mut limit = Limit::new(&model, &law)?;
    limit.set_times(&[4.0])?;
    limit.set_tolerance(1e-9)?;
    limit.solve()?;
    println!("limit         {:+.9?}, error about {:.0e}", limit.predictions(0)?, limit.errors()?[0]);

    let mut flow = Flow::new(&context, &model, &law.random(1, 0, 0, 1000)?)?;
    flow.advance(4.0)?;
    println!("1000 experts  {:+.9?}", flow.predictions()?);

    // mu_t itself, not a rule for it: the image of the law under the limit's flow map, known at 4096 nodes
    let nodes = law.tensor(&[4096])?;
    let mut images = Flow::driven(&context, &limit.field()?, &nodes)?;
    images.advance(4.0)?;
    let w1 = flow.measure()?.distance_to_image(&law, nodes.points(), images.points(), f64::INFINITY, 1.0)?;
    println!("W_1 of the two: from {:.6} to {:.6}", w1.lower, w1.upper);
    Ok(())
}
