//! What a call that failed leaves: a status, its name, and a sentence.
// SPDX-License-Identifier: MIT

use crate::callbacks::Failure;
use crate::context::text;
use moefield_sys as sys;
use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// A call that failed. Nothing has changed, unless the function's text says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: i32,
    sentence: String,
    callback: i32,
}

impl Error {
    pub(crate) fn new(status: i32, sentence: String, callback: i32) -> Error {
        let sentence =
            if sentence.is_empty() { text(unsafe { sys::moe_status_text(status) }).into() } else { sentence };
        Error { status, sentence, callback }
    }

    /// An argument that is refused before the library is asked.
    pub(crate) fn of_argument(status: i32, sentence: String) -> Error {
        Error::new(status, sentence, 0)
    }

    /// `sys::MOE_ERROR_*`.
    pub fn status(&self) -> i32 {
        self.status
    }

    /// The status's symbol, as `"MOE_ERROR_SIZE"`.
    pub fn name(&self) -> &'static str {
        text(unsafe { sys::moe_status_name(self.status) })
    }

    /// What went wrong, naming the argument and its value.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// How an expert, a loss, a potential, a law or an observer failed, if one was the cause.
    pub fn failure(&self) -> Option<Failure> {
        match self.status {
            sys::MOE_ERROR_CALLBACK | sys::MOE_ERROR_STEP => Failure::from_status(self.callback),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}: {}", self.name(), self.sentence)
    }
}

impl std::error::Error for Error {}
