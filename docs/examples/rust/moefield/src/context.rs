//! The context: threads, progress, cancelling, and the sentence of the last error.
// SPDX-License-Identifier: MIT

use crate::callbacks::{guarded_here, panic_of_status, panic_of_this_call};
use crate::error::{Error, Result};
use moefield_sys as sys;
use std::cell::RefCell;
use std::ffi::CStr;
use std::ops::ControlFlow;
use std::os::raw::{c_char, c_void};
use std::panic::resume_unwind;
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Static text of the library's.
pub(crate) fn text(words: *const c_char) -> &'static str {
    unsafe { CStr::from_ptr(words) }.to_str().unwrap_or("")
}

/// How the library was built and what it runs on, lines of a word and what it stands for.
pub fn build_info() -> Result<String> {
    let mut length = 0;
    let mut text = Vec::new();
    for _ in 0..2 {
        // first to count
        text.resize(length as usize, 0u8);
        let out = if length > 0 { text.as_mut_ptr().cast() } else { ptr::null_mut() };
        let status = unsafe { sys::moe_build_info(out, text.len() as i64, &mut length) };
        if status != sys::MOE_OK {
            return Err(Error::new(status, String::new(), 0));
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The library's version, "MAJOR.MINOR.PATCH".
pub fn version() -> &'static str {
    text(unsafe { sys::moe_version() })
}

type Progress = RefCell<dyn FnMut(&str, f64) -> ControlFlow<()>>;

struct Inner {
    raw: *mut sys::moe_context,
    to_cancel: Arc<Mutex<Cancel>>,
    progress: RefCell<Option<Rc<Progress>>>,
    executor: RefCell<Option<Rc<Executor>>>,
}

type Executor = dyn Fn(&Tasks);

/// Work for a host's executor: `run(i)` for i = 0 ... count - 1, once each, on any threads.
pub struct Tasks {
    task: unsafe extern "C" fn(argument: *mut c_void, index: i64),
    argument: *mut c_void,
    begun: Vec<AtomicBool>,
}

// The library's tasks may run at once, on any threads; each runs once, whoever asks.
unsafe impl Sync for Tasks {}

impl Tasks {
    pub fn count(&self) -> usize {
        self.begun.len()
    }

    /// Does task i, unless it has been begun.
    pub fn run(&self, i: usize) {
        if !self.begun[i].swap(true, Ordering::Relaxed) {
            unsafe { (self.task)(self.argument, i as i64) }
        }
    }
}

unsafe extern "C" fn on_tasks(
    own: *mut c_void,
    tasks: i64,
    task: unsafe extern "C" fn(argument: *mut c_void, index: i64),
    argument: *mut c_void,
) -> i32 {
    let inner = &*own.cast::<Inner>();
    guarded_here(|| {
        let begun = (0..tasks).map(|_| AtomicBool::new(false)).collect();
        let tasks = Tasks { task, argument, begun };
        let executor = inner.executor.borrow().clone();
        executor.map(|run| run(&tasks)).is_some()
    })
}

struct Cancel(*mut sys::moe_context);

// moe_context_cancel may come from any thread; the pointer is NULL once the context is gone.
unsafe impl Send for Cancel {}

impl Drop for Inner {
    fn drop(&mut self) {
        self.to_cancel.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).0 = ptr::null_mut();
        unsafe { sys::moe_context_destroy(self.raw) }
    }
}

/// Where the library gets its threads and leaves its errors. A clone is the same context; handles made in it keep
/// it. For one thread: another thread makes a context of its own.
#[derive(Clone)]
pub struct Context {
    inner: Rc<Inner>,
}

/// Ends the call that runs in a context, or the next one that can be cancelled, with `MOE_ERROR_CANCELLED`; from any
/// thread. Without effect once the context and all that was made in it are gone.
#[derive(Clone)]
pub struct CancelHandle {
    context: Arc<Mutex<Cancel>>,
}

impl CancelHandle {
    pub fn cancel(&self) {
        let context = self.context.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        unsafe { sys::moe_context_cancel(context.0) }
    }
}

unsafe extern "C" fn on_progress(own: *mut c_void, what: *const c_char, part: f64) -> i32 {
    let inner = &*own.cast::<Inner>();
    guarded_here(|| {
        // kept while it runs: it may set another in its place
        let progress = inner.progress.borrow().clone();
        let words = CStr::from_ptr(what).to_string_lossy();
        let progress = match progress {
            Some(progress) => progress,
            None => return true,
        };
        let go_on = match progress.try_borrow_mut() {
            Ok(mut progress) => progress(&words, part).is_continue(),
            Err(_) => true, // of a call that the callback itself makes: it is not told of that one
        };
        go_on
    })
}

impl Context {
    /// One thread, no progress callback, malloc's memory.
    pub fn new() -> Result<Context> {
        let mut raw = ptr::null_mut();
        match unsafe { sys::moe_context_create(ptr::null(), &mut raw) } {
            sys::MOE_OK => Ok(Context {
                inner: Rc::new(Inner {
                    raw,
                    to_cancel: Arc::new(Mutex::new(Cancel(raw))),
                    progress: RefCell::new(None),
                    executor: RefCell::new(None),
                }),
            }),
            status => Err(Error::new(status, String::new(), 0)),
        }
    }

    /// The number of threads that share the work on experts, 1 to 256. The bits of results do not depend on it.
    pub fn set_threads(&self, threads: i32) -> Result<()> {
        self.check(unsafe { sys::moe_context_set_threads(self.raw(), threads) })?;
        drop(self.inner.executor.replace(None));
        Ok(())
    }

    /// The host's threads in place of the library's: `run` has all tasks run, and returns when they have returned.
    /// Thread-safe experts are then called on these threads. `workers` tasks at most, 1 to 256.
    pub fn set_executor(&self, workers: i32, run: impl Fn(&Tasks) + 'static) -> Result<()> {
        let own = Rc::as_ptr(&self.inner) as *mut c_void;
        let executor = sys::moe_executor { self_: own, run: Some(on_tasks), ..Default::default() };
        self.check(unsafe { sys::moe_context_set_executor(self.raw(), &executor, workers) })?;
        let before = self.inner.executor.replace(Some(Rc::new(run)));
        drop(before);
        Ok(())
    }

    pub fn threads(&self) -> i32 {
        unsafe { sys::moe_context_threads(self.raw()) }
    }

    /// Told what a long call does and the part done, on this thread; `ControlFlow::Break(())` cancels the call.
    pub fn set_progress(&self, progress: impl FnMut(&str, f64) -> ControlFlow<()> + 'static) -> Result<()> {
        self.replace_progress(Some(Rc::new(RefCell::new(progress))))
    }

    pub fn clear_progress(&self) -> Result<()> {
        self.replace_progress(None)
    }

    fn replace_progress(&self, progress: Option<Rc<Progress>>) -> Result<()> {
        let callback: sys::moe_progress = if progress.is_some() { Some(on_progress) } else { None };
        let own = Rc::as_ptr(&self.inner) as *mut c_void;
        self.check(unsafe { sys::moe_context_set_progress(self.raw(), callback, own) })?;
        let before = self.inner.progress.replace(progress);
        drop(before); // now that the place is free again, for what its drop may do
        Ok(())
    }

    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { context: self.inner.to_cancel.clone() }
    }

    pub(crate) fn raw(&self) -> *mut sys::moe_context {
        self.inner.raw
    }

    /// What a call has come to: a callback's panic goes on, a failure becomes an error.
    pub(crate) fn check(&self, status: i32) -> Result<()> {
        if let Some(panic) = panic_of_this_call() {
            resume_unwind(panic)
        }
        if status == sys::MOE_OK {
            return Ok(());
        }
        let callback = unsafe { sys::moe_context_callback_status(self.raw()) };
        if let Some(panic) = panic_of_status(callback) {
            resume_unwind(panic)
        }
        let sentence = unsafe { CStr::from_ptr(sys::moe_context_error(self.raw())) };
        Err(Error::new(status, sentence.to_string_lossy().into_owned(), callback))
    }

    /// The handle that a call makes.
    pub(crate) fn made<T>(&self, call: impl FnOnce(*mut *mut T) -> i32) -> Result<*mut T> {
        let mut handle = ptr::null_mut();
        self.check(call(&mut handle)).map(|()| handle)
    }
}
