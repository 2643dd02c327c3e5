//! How the host's functions fail, and where their panics wait until the call has returned.
//!
//! A panic may not unwind through C. It is caught where C called, kept under a number, and the number returned as the
//! status; `moe_context_callback_status` gives it back when the call has ended, on whatever thread the function ran,
//! and the panic is resumed. Two kinds of callback return no status of their own: progress and a loss's check of
//! labels. They come on the calling thread, which keeps their panic.
// SPDX-License-Identifier: MIT

use moefield_sys as sys;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;

/// How an expert's function, or that of a loss, a potential or an observer, fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A smaller step in time may cure it.
    ShortenStep(u16),
    /// The call ends.
    Stop(u16),
    /// No memory: the call ends with `MOE_ERROR_MEMORY`; with `MOE_ERROR_CALLBACK` if it was an observer.
    Memory,
}

pub type Outcome = std::result::Result<(), Failure>;

/// Statuses of `Stop(0)`, downwards; far from the library's own.
const STOP: i32 = -1_000_000;
/// Statuses of panics, downwards.
const PANIC: i32 = -1_000_000_000;
/// Panics that wait at most: several threads may panic in one call, which resumes one.
const WAITING: usize = 256;

impl Failure {
    pub(crate) fn status(self) -> i32 {
        match self {
            Failure::ShortenStep(code) => 1 + i32::from(code),
            Failure::Stop(code) => STOP - i32::from(code),
            Failure::Memory => sys::MOE_ERROR_MEMORY,
        }
    }

    pub(crate) fn from_status(status: i32) -> Option<Failure> {
        let most = i32::from(u16::MAX);
        match status {
            sys::MOE_ERROR_MEMORY => Some(Failure::Memory),
            _ if (1..=most + 1).contains(&status) => Some(Failure::ShortenStep((status - 1) as u16)),
            _ if (STOP - most..=STOP).contains(&status) => Some(Failure::Stop((STOP - status) as u16)),
            _ => None,
        }
    }
}

type Panic = Box<dyn Any + Send>;

struct Waiting {
    next: i32,
    panics: Vec<(i32, Panic)>,
}

static WAITING_ROOM: Mutex<Waiting> = Mutex::new(Waiting { next: PANIC, panics: Vec::new() });

thread_local! {
    static OF_THIS_CALL: RefCell<Option<Panic>> = RefCell::new(None);
}

fn keep(panic: Panic) -> i32 {
    let mut room = WAITING_ROOM.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let number = room.next;
    room.next = if number == i32::MIN { PANIC } else { number - 1 };
    if room.panics.len() == WAITING {
        std::mem::forget(room.panics.remove(0)); // dropping it could panic again
    }
    room.panics.push((number, panic));
    number
}

/// The panic whose number came back as a callback's status.
pub(crate) fn panic_of_status(status: i32) -> Option<Panic> {
    if status > PANIC {
        return None;
    }
    let mut room = WAITING_ROOM.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let at = room.panics.iter().position(|(number, _)| *number == status)?;
    Some(room.panics.remove(at).1)
}

/// The panic of a callback without a status, on this thread.
pub(crate) fn panic_of_this_call() -> Option<Panic> {
    OF_THIS_CALL.with(|slot| slot.borrow_mut().take())
}

/// Runs what C calls, and turns how it ends into a status.
pub(crate) fn guarded(run: impl FnOnce() -> Outcome) -> i32 {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => 0,
        Ok(Err(failure)) => failure.status(),
        Err(panic) => keep(panic),
    }
}

/// The same for a callback whose status does not come back: nonzero for false and for a panic.
pub(crate) fn guarded_here(run: impl FnOnce() -> bool) -> i32 {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(panic) => {
            OF_THIS_CALL.with(|slot| *slot.borrow_mut() = Some(panic));
            1
        }
    }
}

/// Drops what the library held for the host. A panic in `drop` has nowhere to go on from: it is lost.
///
/// # Safety
/// `own` comes from `Box::into_raw` and is not used again.
pub(crate) unsafe extern "C" fn let_go<T>(own: *mut std::os::raw::c_void) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(own.cast::<T>())))) {
        std::mem::forget(panic);
    }
}
