//! The transport problem of two measures: bounds, a plan, potentials.
// SPDX-License-Identifier: MIT

use crate::arrays::borrowed;
use crate::context::{text, Context};
use crate::error::Result;
use crate::measure::{Interval, Measure};
use moefield_sys as sys;
use std::ptr;

pub struct Transport {
    raw: *mut sys::moe_transport,
    context: Context,
    sides: (usize, usize),
}

/// masses[e] goes from point rows[e] to point columns[e]; borrowed until the next solve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan<'a> {
    pub rows: &'a [i64],
    pub columns: &'a [i64],
    pub masses: &'a [f64],
}

impl Drop for Transport {
    fn drop(&mut self) {
        unsafe { sys::moe_transport_destroy(self.raw) }
    }
}

impl Transport {
    pub fn new(context: &Context, a: &Measure, b: &Measure, p: f64) -> Result<Transport> {
        let raw = context
            .made(|out| unsafe { sys::moe_transport_create(context.raw(), a.raw(), b.raw(), p, out) })?;
        Ok(Transport { raw, context: context.clone(), sides: (a.count(), b.count()) })
    }

    /// The next solve ends once upper <= (1 + gap) lower; 0 for the exact distance.
    pub fn set_gap(&mut self, gap: f64) -> Result<()> {
        self.context.check(unsafe { sys::moe_transport_set_gap(self.raw, gap) })
    }

    pub fn solve(&mut self) -> Result<()> {
        self.context.check(unsafe { sys::moe_transport_solve(self.raw) })
    }

    /// lower <= W_p <= upper, as far as solved.
    pub fn bounds(&self) -> Result<Interval> {
        Interval::of(&self.context, |lower, upper| unsafe {
            sys::moe_transport_bounds(self.raw, lower, upper)
        })
    }

    /// What the last solve used, in words.
    pub fn method(&self) -> &'static str {
        text(unsafe { sys::moe_transport_method(self.raw) })
    }

    pub fn plan(&self) -> Result<Plan<'_>> {
        let (mut count, mut rows, mut columns, mut masses) = (0, ptr::null(), ptr::null(), ptr::null());
        self.context.check(unsafe {
            sys::moe_transport_plan(self.raw, &mut count, &mut rows, &mut columns, &mut masses)
        })?;
        let count = count as usize;
        unsafe {
            Ok(Plan {
                rows: borrowed(rows, count),
                columns: borrowed(columns, count),
                masses: borrowed(masses, count),
            })
        }
    }

    /// phi, one for each point of a, and psi, one for each of b; borrowed until the next solve.
    pub fn potentials(&self) -> Result<(&[f64], &[f64])> {
        let (mut phi, mut psi) = (ptr::null(), ptr::null());
        self.context.check(unsafe { sys::moe_transport_potentials(self.raw, &mut phi, &mut psi) })?;
        unsafe { Ok((borrowed(phi, self.sides.0), borrowed(psi, self.sides.1))) }
    }
}
