//! Quantum circuits, and the experts that they are.
// SPDX-License-Identifier: MIT

use crate::arrays::exactly;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::expert::ExpertHandle;
use moefield_sys as sys;
use std::ffi::{CStr, CString};
use std::ptr;

/// Where a rotation's angle comes from; angles in radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Angle {
    Constant(f64),
    /// scale * theta\[index\] + shift
    Theta {
        index: usize,
        scale: f64,
        shift: f64,
    },
    /// scale * x\[index\] + shift
    Input {
        index: usize,
        scale: f64,
        shift: f64,
    },
}

impl Angle {
    /// theta\[index\]
    pub fn theta(index: usize) -> Angle {
        Angle::Theta { index, scale: 1.0, shift: 0.0 }
    }

    /// x\[index\]
    pub fn input(index: usize) -> Angle {
        Angle::Input { index, scale: 1.0, shift: 0.0 }
    }
}

/// What an expert computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Double,
    Single,
}

/// The instruction set that an expert is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Auto,
    Plain,
    Avx2,
    Avx512,
    Neon,
}

pub struct Circuit {
    raw: *mut sys::qnn_circuit,
    context: Context,
}

impl Drop for Circuit {
    fn drop(&mut self) {
        unsafe { sys::qnn_circuit_destroy(self.raw) }
    }
}

/// A name or a Pauli string for C.
fn words(what: &str, text: &str, status: i32) -> Result<CString> {
    CString::new(text).map_err(|_| Error::of_argument(status, format!("{what} contains a NUL")))
}

impl Circuit {
    /// No gates yet, all observables zero.
    pub fn new(
        context: &Context,
        qubits: usize,
        parameters: usize,
        inputs: usize,
        outputs: usize,
    ) -> Result<Circuit> {
        let [m, d, p, k] = [qubits, parameters, inputs, outputs].map(|size| size as i64);
        let raw = context.made(|out| unsafe { sys::qnn_circuit_create(context.raw(), m, d, p, k, out) })?;
        Ok(Circuit { raw, context: context.clone() })
    }

    /// The circuit of an OpenQASM 3 text.
    pub fn read(context: &Context, text: &str) -> Result<Circuit> {
        let (bytes, length) = (text.as_ptr().cast(), text.len() as i64);
        let raw = context.made(|out| unsafe { sys::qnn_circuit_read(context.raw(), bytes, length, out) })?;
        Ok(Circuit { raw, context: context.clone() })
    }

    /// The circuit in OpenQASM 3.
    pub fn write(&self) -> Result<String> {
        let mut length = 0;
        self.context.check(unsafe { sys::qnn_circuit_write(self.raw, ptr::null_mut(), 0, &mut length) })?;
        let mut text = vec![0u8; length as usize + 1];
        let (out, capacity) = (text.as_mut_ptr().cast(), text.len() as i64);
        self.context.check(unsafe { sys::qnn_circuit_write(self.raw, out, capacity, &mut length) })?;
        let text = CStr::from_bytes_with_nul(&text).expect("a text has one NUL, at its end");
        Ok(text.to_string_lossy().into_owned())
    }

    fn check(&self, status: i32) -> Result<()> {
        self.context.check(status)
    }

    /// Appends exp(-i a P / 2), P having a letter of `pauli` for each of `qubits`, or, if there are none, for each
    /// qubit of the circuit.
    pub fn rotation(&mut self, pauli: &str, qubits: &[i64], angle: Angle) -> Result<()> {
        if !qubits.is_empty() {
            exactly("qubits", qubits.len(), pauli.len())?;
        }
        let pauli = words("the Pauli string", pauli, sys::MOE_ERROR_PAULI)?;
        let qubits = if qubits.is_empty() { ptr::null() } else { qubits.as_ptr() };
        let (source, index, scale, shift) = match angle {
            Angle::Constant(shift) => (sys::QNN_CONSTANT, 0, 0.0, shift),
            Angle::Theta { index, scale, shift } => (sys::QNN_THETA, index as i64, scale, shift),
            Angle::Input { index, scale, shift } => (sys::QNN_INPUT, index as i64, scale, shift),
        };
        self.check(unsafe {
            sys::qnn_circuit_rotation(self.raw, pauli.as_ptr(), qubits, source, index, scale, shift)
        })
    }

    /// Appends a gate by its name in capitals: one-qubit gates, and CNOT, CZ, SWAP on two.
    pub fn gate(&mut self, name: &str, qubits: &[i64]) -> Result<()> {
        let needed = if matches!(name, "CNOT" | "CZ" | "SWAP") { 2 } else { 1 };
        exactly("qubits", qubits.len(), needed)?;
        let name = words("the gate's name", name, sys::MOE_ERROR_GATE)?;
        let mut named = [-1; 8]; // more than are used, for gates that a later library may know
        named[..needed].copy_from_slice(qubits);
        self.check(unsafe { sys::qnn_circuit_gate(self.raw, name.as_ptr(), named.as_ptr()) })
    }

    /// Appends a unitary on 1 or 2 qubits; matrix: row-major, real and imaginary part in turn.
    pub fn unitary(&mut self, qubits: &[i64], matrix: &[f64]) -> Result<()> {
        let count = qubits.len();
        if count == 1 || count == 2 {
            exactly("matrix", matrix.len(), 2 << (2 * count))?;
        }
        let (qubits, matrix) = (qubits.as_ptr(), matrix.as_ptr());
        self.check(unsafe { sys::qnn_circuit_unitary(self.raw, count as i64, qubits, matrix) })
    }

    /// O_output += coefficient * P, P having one letter for each qubit.
    pub fn observable(&mut self, output: usize, coefficient: f64, pauli: &str) -> Result<()> {
        let pauli = words("the Pauli string", pauli, sys::MOE_ERROR_PAULI)?;
        self.check(unsafe {
            sys::qnn_circuit_observable(self.raw, output as i64, coefficient, pauli.as_ptr())
        })
    }

    /// For experts made from now on.
    pub fn set_precision(&mut self, precision: Precision) -> Result<()> {
        let number = match precision {
            Precision::Double => sys::QNN_DOUBLE,
            Precision::Single => sys::QNN_SINGLE,
        };
        self.check(unsafe { sys::qnn_circuit_set_precision(self.raw, number) })
    }

    /// For experts made from now on; `MOE_ERROR_UNSUPPORTED` if the machine has not got it.
    pub fn set_kernel(&mut self, kernel: Kernel) -> Result<()> {
        let number = match kernel {
            Kernel::Auto => sys::QNN_KERNEL_AUTO,
            Kernel::Plain => sys::QNN_KERNEL_PLAIN,
            Kernel::Avx2 => sys::QNN_KERNEL_AVX2,
            Kernel::Avx512 => sys::QNN_KERNEL_AVX512,
            Kernel::Neon => sys::QNN_KERNEL_NEON,
        };
        self.check(unsafe { sys::qnn_circuit_set_kernel(self.raw, number) })
    }

    /// The period of f in a parameter: infinity if it has none that is seen, None for an index out of range.
    pub fn period(&self, index: usize) -> Option<f64> {
        let period = unsafe { sys::qnn_circuit_period(self.raw, index as i64) };
        (!period.is_nan()).then_some(period)
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        (0..).take_while(|index| self.period(*index).is_some()).count()
    }

    /// The expert of the circuit as it stands now; `periods`: one for each parameter, or None for the smallest.
    pub fn expert(&self, periods: Option<&[f64]>) -> Result<ExpertHandle> {
        if let Some(periods) = periods {
            exactly("periods", periods.len(), self.parameters())?;
        }
        let (context, periods) = (self.context.raw(), crate::arrays::pointer(periods));
        let raw =
            self.context.made(|out| unsafe { sys::qnn_expert_create(context, self.raw, periods, out) })?;
        // a circuit's expert is the library's own, for any thread
        Ok(unsafe { ExpertHandle::from_raw(raw) })
    }
}
