//! Lengths that are checked before the library sees a pointer, and pointers that may be NULL.
// SPDX-License-Identifier: MIT

use crate::error::{Error, Result};
use moefield_sys::MOE_ERROR_SIZE;
use std::ptr;

/// How many rows of `width` numbers an array has.
pub(crate) fn rows(what: &str, length: usize, width: usize) -> Result<i64> {
    if width == 0 || length % width != 0 {
        let sentence = format!("{what} has {length} numbers, which are no rows of {width}");
        return Err(Error::of_argument(MOE_ERROR_SIZE, sentence));
    }
    Ok((length / width) as i64)
}

pub(crate) fn exactly(what: &str, length: usize, wanted: usize) -> Result<()> {
    if length != wanted {
        let sentence = format!("{what} has {length} numbers; it takes {wanted}");
        return Err(Error::of_argument(MOE_ERROR_SIZE, sentence));
    }
    Ok(())
}

pub(crate) fn pointer<T>(array: Option<&[T]>) -> *const T {
    array.map_or(ptr::null(), |array| array.as_ptr())
}

pub(crate) fn exactly_if_given<T>(what: &str, array: Option<&[T]>, wanted: usize) -> Result<()> {
    array.map_or(Ok(()), |array| exactly(what, array.len(), wanted))
}

/// `a * b * ...` numbers, all 0.
pub(crate) fn zeros(sides: &[usize]) -> Result<Vec<f64>> {
    let length = sides.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
    match length.filter(|length| *length <= isize::MAX as usize / 8) {
        Some(length) => Ok(vec![0.0; length]),
        None => {
            Err(Error::of_argument(MOE_ERROR_SIZE, format!("a result of {sides:?} numbers is too large")))
        }
    }
}

/// An array of C's as a slice; NULL is no numbers.
///
/// # Safety
/// `length` numbers live at `array` for as long as `'a`.
pub(crate) unsafe fn borrowed<'a, T>(array: *const T, length: usize) -> &'a [T] {
    if array.is_null() {
        &[]
    } else {
        std::slice::from_raw_parts(array, length)
    }
}

/// # Safety
/// As `borrowed`, and nothing else refers to the numbers.
pub(crate) unsafe fn borrowed_mut<'a, T>(array: *mut T, length: usize) -> &'a mut [T] {
    if array.is_null() {
        &mut []
    } else {
        std::slice::from_raw_parts_mut(array, length)
    }
}
