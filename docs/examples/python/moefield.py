"""moefield: mixtures of experts, their gradient flow and its mean-field limit, from Python.

A thin layer over libmoefield by ctypes: NumPy arrays in and out, no copies where the library lends its own.
Copy this file into your project; it needs NumPy and the shared library.

    import moefield as mf
    mf.load()                                        # or mf.load("/path/to/libmoefield.so")
    context = mf.Context()
    expert = mf.Expert(context, values, pullback, d=1, p=1, K=1, period=[2 * math.pi])
    model = mf.Model(context, expert, x, y)
    law = mf.Law(context, expert.period)
    limit = mf.Limit(context, model, law, times=[5], tolerance=1e-9)
    limit.solve()
    print(limit.predictions(0), limit.errors())

What the library says of a function (shapes, formulas, errors) is in its headers; names here are the same without
their prefix. Arrays are C-contiguous float64: others are copied on the way in. Every object owns its handle, may be
closed early (close(), or `with`), and in any order. A function that fails raises moefield.Error with the library's
sentence. An exception in a callback comes out of the call that led to it. Ctrl-C ends a long call.

SPDX-License-Identifier: MIT
"""
import ctypes
import ctypes.util
import itertools
import os
import subprocess
import weakref

import numpy as np

# ---- declarations -----------------------------------------------------------------------------------

# Every public function: name, result, arguments. v: void, i: int32_t, l: int64_t, L: uint64_t, d: double, s: const
# char *, p: any other pointer. tests/ffi/declarations.py holds this table to the headers.
DECLARATIONS = """
    # types.h
    moe_status_name:s:i
    moe_status_text:s:i
    moe_version:s:
    moe_build_info:i:plp
    # context.h
    moe_context_create:i:pp
    moe_context_destroy:v:p
    moe_context_set_threads:i:pi
    moe_context_set_mapping:i:psl
    moe_context_set_executor:i:ppi
    moe_context_threads:i:p
    moe_context_set_communicator:i:pp
    moe_context_rank:i:p
    moe_context_ranks:i:p
    moe_context_set_progress:i:ppp
    moe_context_cancel:v:p
    moe_context_error:s:p
    moe_context_fail:i:pis
    moe_context_callback_status:i:p
    moe_state_write:i:pspl
    moe_state_read:i:psplp
    # expert.h
    moe_expert_create:i:ppplllpp
    moe_expert_destroy:v:p
    moe_expert_parameters:l:p
    moe_expert_inputs:l:p
    moe_expert_outputs:l:p
    moe_expert_period:p:p
    moe_expert_values:i:pplplpp
    moe_expert_pullback:i:pplplppp
    moe_expert_tangent:i:pplplplppppp
    moe_expert_bounds:i:ppppp
    moe_expert_check:i:pplplp
    # measure.h
    moe_law_create:i:plpp
    moe_law_set_uniform:i:pldd
    moe_law_set_normal:i:pldd
    moe_law_set_von_mises:i:pldd
    moe_law_set_fixed:i:pld
    moe_law_set_quantile:i:plppp
    moe_law_set_samples:i:plllp
    moe_law_destroy:v:p
    moe_measure_create:i:plplppp
    moe_measure_random:i:ppLlllp
    moe_measure_tensor:i:pppp
    moe_measure_lattice:i:pplpLlp
    moe_measure_destroy:v:p
    moe_measure_count:l:p
    moe_measure_dimension:l:p
    moe_measure_points:p:p
    moe_measure_weights:p:p
    moe_measure_period:p:p
    moe_measure_modes:i:pplpp
    moe_measure_moments:i:pppp
    moe_measure_mode_distance:i:ppplpp
    moe_measure_distance:i:pppdpp
    moe_measure_distance_law:i:pppddpp
    moe_measure_distance_cells:i:ppppdpp
    moe_measure_distance_image:i:ppplppddpp
    # objective.h
    moe_objective_create:i:ppp
    moe_objective_destroy:v:p
    moe_objective_set_loss:i:pi
    moe_objective_set_huber:i:pd
    moe_objective_set_own_loss:i:ppp
    moe_objective_set_decay:i:pp
    moe_objective_set_potential:i:ppp
    moe_objective_set_mobility:i:pp
    moe_objective_set_scale:i:pd
    # model.h
    moe_model_create:i:pplpppp
    moe_model_create_for:i:pplpppp
    moe_model_destroy:v:p
    moe_model_points:l:p
    moe_model_predictions:i:pppp
    moe_model_predict:i:ppplpp
    moe_model_loss:i:pppp
    moe_model_energy:i:pppp
    moe_model_drift:i:pppp
    moe_model_kernel:i:ppplplpp
    moe_model_sensitivity:i:pppp
    moe_model_reduce:i:ppplppp
    moe_model_frozen:i:ppplplpp
    moe_model_curvature:i:ppppp
    # flow.h
    moe_flow_create:i:pppp
    moe_flow_create_driven:i:pppp
    moe_flow_share:i:pplpp
    moe_flow_create_spread:i:pplppp
    moe_flow_memory:i:ppliip
    moe_flow_destroy:v:p
    moe_flow_set_method:i:pi
    moe_flow_set_tolerance:i:pdd
    moe_flow_set_steps:i:pdd
    moe_flow_set_step_limit:i:pl
    moe_flow_set_observer:i:ppp
    moe_flow_set_descent:i:pi
    moe_flow_record:i:p
    moe_flow_advance:i:pd
    moe_flow_step:i:pd
    moe_flow_advance_until:i:pdddp
    moe_flow_time:d:p
    moe_flow_points:p:p
    moe_flow_measure:i:pp
    moe_flow_predictions:i:pp
    moe_flow_loss:i:pp
    moe_flow_gradient:i:pp
    moe_flow_interpolate:i:pdp
    moe_flow_previous_time:d:p
    moe_flow_counts:i:pppp
    moe_flow_energy:i:ppp
    moe_flow_save:i:pplp
    moe_flow_restore:i:ppplpp
    moe_flow_restore_spread:i:ppplpp
    moe_flow_field:i:pp
    moe_field_destroy:v:p
    moe_field_begin:d:p
    moe_field_end:d:p
    moe_field_predictions:i:ppdp
    moe_field_map:i:ppddlpdppp
    moe_field_density:i:pppdlpdp
    # limit.h
    moe_limit_create:i:pppp
    moe_limit_destroy:v:p
    moe_limit_set_times:i:plp
    moe_limit_set_tolerance:i:pd
    moe_limit_set_budget:i:plld
    moe_limit_solve:i:p
    moe_limit_errors:i:pp
    moe_limit_predictions:i:plp
    moe_limit_measure:i:plp
    moe_limit_field:i:pp
    moe_limit_sample:i:plLlllp
    moe_limit_effort:i:pppp
    # study.h
    moe_study_create:i:pppp
    moe_study_destroy:v:p
    moe_study_set_times:i:plp
    moe_study_set_experts:i:plp
    moe_study_set_replicas:i:plld
    moe_study_set_seed:i:pL
    moe_study_set_tolerance:i:pd
    moe_study_set_distances:i:pll
    moe_study_set_marginals:i:pl
    moe_study_run:i:p
    moe_study_save:i:pplp
    moe_study_restore:i:ppl
    moe_study_limit:i:pp
    moe_study_means:i:pilppp
    moe_study_bias:i:pllpp
    moe_study_rate:i:pilpppp
    moe_study_rate_form:i:pilipp
    moe_study_rate_curve:i:pildlpp
    moe_study_dimension:i:ppp
    moe_study_lipschitz:i:pppp
    moe_study_bound:i:plpp
    moe_field_fluctuations:i:ppplplpdp
    moe_field_band:i:pppldplplpdpp
    moe_model_bias:i:ppplplplLpp
    # transport.h
    moe_transport_create:i:pppdp
    moe_transport_destroy:v:p
    moe_transport_set_gap:i:pd
    moe_transport_solve:i:p
    moe_transport_bounds:i:ppp
    moe_transport_method:s:p
    moe_transport_plan:i:ppppp
    moe_transport_potentials:i:ppp
    # qnn.h
    qnn_circuit_create:i:pllllp
    qnn_circuit_destroy:v:p
    qnn_circuit_rotation:i:pspildd
    qnn_circuit_gate:i:psp
    qnn_circuit_unitary:i:plpp
    qnn_circuit_observable:i:plds
    qnn_circuit_set_precision:i:pi
    qnn_circuit_set_kernel:i:pi
    qnn_circuit_period:d:pl
    qnn_circuit_read:i:pslp
    qnn_circuit_write:i:pplp
    qnn_expert_create:i:pppp
"""

_CODES = {"v": None, "i": ctypes.c_int32, "l": ctypes.c_int64, "L": ctypes.c_uint64, "d": ctypes.c_double,
          "s": ctypes.c_char_p, "p": ctypes.c_void_p}

# Constants of the headers, which never change.
OK, ERROR_CALLBACK, ERROR_CANCELLED, ERROR_NULL, ERROR_BUDGET = 0, -50, -52, -10, -63
EXPERT_THREAD_SAFE, EXPERT_PURE = 1, 2
DOPRI5, DOP853, ADAMS, RKC, LOW_STORAGE = 5, 8, 20, 21, 22
LOSSES = {"square": 0, "logistic": 1, "softmax": 2}
(PREDICTION, PREDICTION_MAX, COUPLING, COUPLING_MAX, LOSS, W1, W1_BELOW, W2, W2_BELOW, MARGINALS) = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9

class _NotLoaded:
    def __getattr__(self, name):
        raise RuntimeError("call moefield.load() first")


lib = _NotLoaded()  # the loaded library, every function declared: for what has no wrapper here


def declarations():
    """{name: (result, arguments)} in the codes above."""
    rows = (line.split(":") for line in DECLARATIONS.split() if ":" in line)
    return {name: (result, arguments) for name, result, arguments in rows}


def _find():
    try:
        where = subprocess.run(["pkg-config", "--variable=libdir", "moefield"], capture_output=True, text=True, check=True)
        return where.stdout.strip() + "/libmoefield.so"
    except (OSError, subprocess.CalledProcessError):
        return ctypes.util.find_library("moefield") or "libmoefield.so"


def load(path=None):
    """Loads the library: from `path`, or where pkg-config or the system's loader find it."""
    global lib
    loaded = ctypes.CDLL(path or _find())
    for name, (result, arguments) in declarations().items():
        function = getattr(loaded, name)
        function.restype = _CODES[result]
        function.argtypes = [_CODES[a] for a in arguments]
    lib = loaded
    return lib


def version():
    return lib.moe_version().decode()


def build_info():
    """{"version": ..., "compiler": ..., "blas-integers": ..., "blas-file": ...}"""
    length = ctypes.c_int64()
    lib.moe_build_info(None, 0, ctypes.byref(length))
    text = ctypes.create_string_buffer(length.value + 1)
    lib.moe_build_info(text, length.value + 1, ctypes.byref(length))
    return dict(line.split(" ", 1) for line in text.value.decode().splitlines())


# ---- errors -----------------------------------------------------------------------------------------

class Error(Exception):
    """status: the number; name: its symbol, as MOE_ERROR_SIZE; the text names the argument and its value."""

    def __init__(self, status, sentence=""):
        self.status = status
        self.name = lib.moe_status_name(status).decode()
        super().__init__(f"{self.name}: {sentence or lib.moe_status_text(status).decode()}")


class Retry(Exception):
    """Raised by an expert whose failure a shorter step in time may cure."""


# Exceptions of callbacks wait here under the number that the callback returned: moe_context_callback_status
# gives it back to the call that failed, whichever thread it happened on.
_raised = {}
_tokens = itertools.count(1)


def _stash(error):
    if isinstance(error, Retry):
        return 1
    token = -1000000 - next(_tokens) % 1000000000
    _raised[token] = error
    return token


# ---- arrays -----------------------------------------------------------------------------------------

def _in(array, *shape):
    """float64, C-contiguous, of the shape; -1 stands for any length"""
    array = np.ascontiguousarray(array, dtype=np.float64)
    if shape and (array.ndim != len(shape) or any(s not in (-1, n) for s, n in zip(shape, array.shape))):
        raise ValueError(f"an array of shape {array.shape} where {shape} is meant")
    return array


def _integers(values):
    return np.ascontiguousarray(values, dtype=np.int64).reshape(-1)


def _at(array):
    return None if array is None else array.ctypes.data


class _Lent:
    """memory of the library's that lives as long as `owner`"""

    def __init__(self, owner, address, shape, kind="<f8", readonly=True):
        self.owner = owner
        self.__array_interface__ = {"data": (address, readonly), "shape": shape, "typestr": kind, "version": 3}


def _view(owner, address, *shape, kind="<f8", readonly=True):
    return np.asarray(_Lent(owner, address, shape, kind, readonly)) if address and np.prod(shape) else np.zeros(shape)


# ---- handles ----------------------------------------------------------------------------------------

class _Kept:
    """what frees a handle, when neither its object nor a view of its memory is left"""

    def __init__(self, free, handle):
        weakref.finalize(self, free, handle)


class _Handle:
    """A handle and what frees it. Handles may go in any order, and at exit."""
    _free = None

    def __init__(self, context, create, *arguments):
        out = ctypes.c_void_p()
        if context is not None:
            self.context = context
        self.handle = None
        self._check(create(*arguments, ctypes.byref(out)))
        self._own(out.value)

    def _own(self, handle):
        self.handle = handle
        self._kept = _Kept(getattr(lib, self._free), handle)

    @classmethod
    def _take(cls, context, handle):
        """an object around a handle that a call has handed out"""
        self = cls.__new__(cls)
        self.context = context
        self._own(handle)
        return self

    @property
    def _as_parameter_(self):
        if self.handle is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return ctypes.c_void_p(self.handle)

    def close(self):
        if self.handle is not None:
            self.handle = self._kept = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _check(self, status):
        self.context._settle(status)

    def _number(self, function, *arguments):
        out = ctypes.c_double()
        self._check(function(*arguments, ctypes.byref(out)))
        return out.value


class Context(_Handle):
    """Threads, and where errors are left. One thread at a time, but for cancel()."""
    _free = "moe_context_destroy"
    context = property(lambda self: self)

    def __init__(self, threads=1, progress=None):
        self._interrupt = None
        super().__init__(None, lib.moe_context_create, None)
        self._key = _register(self)
        weakref.finalize(self, _objects.pop, self._key, None)
        self.progress = progress
        self._check(lib.moe_context_set_progress(self, _progress, self._key))
        if threads != 1:
            self.set_threads(threads)

    def _settle(self, status):
        """raises what a status stands for"""
        interrupt, self._interrupt = self._interrupt, None
        if status == OK:
            return
        if interrupt is not None and status == ERROR_CANCELLED:
            raise interrupt
        if self.handle is None:
            raise Error(status)
        if status == ERROR_CALLBACK:
            error = _raised.pop(lib.moe_context_callback_status(self), None)
            if error is not None:
                raise error
        raise Error(status, lib.moe_context_error(self).decode())

    def set_threads(self, threads):
        self._check(lib.moe_context_set_threads(self, threads))

    @property
    def threads(self):
        return lib.moe_context_threads(self)

    def set_mapping(self, directory, least=1 << 20):
        """Keeps blocks of `least` bytes or more in files of the directory; None: in memory again."""
        path = None if directory is None else os.fsencode(directory)
        self._check(lib.moe_context_set_mapping(self, path, least))

    def cancel(self):
        """Ends the call that runs; from any thread."""
        lib.moe_context_cancel(self)


_objects = {}  # what a callback's `self` stands for: a key, never an address
_keys = itertools.count(1)


def _register(value):
    key = next(_keys)
    _objects[key] = weakref.proxy(value) if isinstance(value, Context) else value
    return key


@ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double)
def _progress(key, what, part):
    """Python looks at signals here, so that Ctrl-C ends a call even without a callback of the user's."""
    context = _objects.get(key)
    try:
        if context.progress is not None and context.progress(what.decode(), part):
            return 1
        return 0
    except BaseException as error:  # noqa: B902 - KeyboardInterrupt is among them
        context._interrupt = error
        return 1


# ---- experts ----------------------------------------------------------------------------------------

_VALUES = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64,
                           ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_PULLBACK = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p,
                             ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_DESTROY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_BOUNDS = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class ExpertOps(ctypes.Structure):
    """moe_expert_ops; a callback that is not given stays NULL"""
    _fields_ = [("struct_size", ctypes.c_size_t), ("flags", ctypes.c_uint64), ("values", _VALUES), ("pullback", _PULLBACK),
                *[(name, ctypes.c_void_p) for name in ("bind", "unbind", "workspace", "moment_count", "moments", "predict",
                                                       "prepare", "release")],
                ("destroy", _DESTROY), ("bounds", _BOUNDS), ("tangent", ctypes.c_void_p)]


class _Functions:
    def __init__(self, values, pullback, bounds, d, p, K):
        self.values, self.pullback, self.bounds = values, pullback, bounds
        self.d, self.p, self.K = d, p, K


# The library calls these for every expert; they live as long as the module, the user's functions until `destroy`.
@_VALUES
def _values(key, _bound, n, x, count, theta, f, _work):
    try:
        of = _objects[key]
        _view(None, f, count, n, of.K, readonly=False)[...] = of.values(_view(None, theta, count, of.d), _view(None, x, n, of.p))
        return 0
    except BaseException as error:  # noqa: B902
        return _stash(error)


@_PULLBACK
def _pullback(key, _bound, _stage, n, x, count, theta, r, g, _work):
    try:
        of = _objects[key]
        _view(None, g, count, of.d, readonly=False)[...] = of.pullback(_view(None, theta, count, of.d), _view(None, x, n, of.p),
                                                                       _view(None, r, n, of.K))
        return 0
    except BaseException as error:  # noqa: B902
        return _stash(error)


@_BOUNDS
def _bounds(key, value, gradient, curvature):
    try:
        for address, number in zip((value, gradient, curvature), _objects[key].bounds):
            ctypes.c_double.from_address(address).value = number
        return 0
    except BaseException as error:  # noqa: B902
        return _stash(error)


@_DESTROY
def _destroy(key):
    _objects.pop(key, None)


class Expert(_Handle):
    """f(theta, x), made of two functions on whole arrays:

        values(theta, x)       theta: count x d, x: n x p                -> f: count x n x K
        pullback(theta, x, r)  and r: n x K                              -> g: count x d,
                               g[i, a] = sum_jk r[j, k] d f_k(theta_i, x_j) / d theta_a

    period   of each coordinate, inf for a real one
    bounds   (sup |f|, sup |Df|, Lip(Df)), if known
    thread_safe  the functions may run on several threads at once (Python's lock lets them take turns)
    """
    _free = "moe_expert_destroy"

    def __init__(self, context, values, pullback, d, p, K, period, bounds=None, thread_safe=False, pure=True):
        key = _register(_Functions(values, pullback, bounds, d, p, K))
        ops = ExpertOps(struct_size=ctypes.sizeof(ExpertOps),
                        flags=EXPERT_THREAD_SAFE * bool(thread_safe) | EXPERT_PURE * bool(pure), values=_values,
                        pullback=_pullback, destroy=_destroy)
        if bounds is not None:
            ops.bounds = _bounds
        try:
            super().__init__(context, lib.moe_expert_create, context, ctypes.addressof(ops), key, d, p, K,
                             _at(_in(period, d)))
        except BaseException:
            _objects.pop(key, None)
            raise

    d = property(lambda self: lib.moe_expert_parameters(self))
    p = property(lambda self: lib.moe_expert_inputs(self))
    K = property(lambda self: lib.moe_expert_outputs(self))
    period = property(lambda self: _view(self._kept, lib.moe_expert_period(self), self.d))

    def _shapes(self, theta, x):
        return _in(theta, -1, self.d), _in(x, -1, self.p)

    def values(self, theta, x):
        theta, x = self._shapes(theta, x)
        f = np.empty((len(theta), len(x), self.K))
        self._check(lib.moe_expert_values(self.context, self, len(x), _at(x), len(theta), _at(theta), _at(f)))
        return f

    def pullback(self, theta, x, r):
        theta, x = self._shapes(theta, x)
        r, g = _in(r, len(x), self.K), np.empty_like(theta)
        self._check(lib.moe_expert_pullback(self.context, self, len(x), _at(x), len(theta), _at(theta), _at(r), _at(g)))
        return g

    def tangent(self, theta, x, direction, r):
        """(df, h, exact): derivatives along m directions for each expert, direction: count x m x d"""
        theta, x = self._shapes(theta, x)
        direction, r = _in(direction, len(theta), -1, self.d), _in(r, len(x), self.K)
        m, exact = direction.shape[1], ctypes.c_int32()
        df, h = np.empty((len(theta), m, len(x), self.K)), np.empty((len(theta), m, self.d))
        self._check(lib.moe_expert_tangent(self.context, self, len(x), _at(x), len(theta), _at(theta), m, _at(direction),
                                           _at(r), _at(df), _at(h), ctypes.byref(exact)))
        return df, h, bool(exact.value)

    def bounds(self):
        out = np.empty(3)
        self._check(lib.moe_expert_bounds(self.context, self, *(out.ctypes.data + 8 * i for i in range(3))))
        return tuple(out)

    def check(self, theta, x):
        """raises Error (MOE_ERROR_CHECK) with the first fault that it finds"""
        theta, x = self._shapes(theta, x)
        self._check(lib.moe_expert_check(self.context, self, len(x), _at(x), len(theta), _at(theta)))


class Circuit(_Handle):
    """A quantum circuit: Circuit(context, qubits, parameters, inputs, outputs), or Circuit.read(context, text)."""
    _free = "qnn_circuit_destroy"
    CONSTANT, THETA, INPUT = 0, 1, 2

    def __init__(self, context, qubits, parameters, inputs, outputs=1):
        super().__init__(context, lib.qnn_circuit_create, context, qubits, parameters, inputs, outputs)

    @classmethod
    def read(cls, context, text):
        out, text = ctypes.c_void_p(), text.encode()
        context._settle(lib.qnn_circuit_read(context, text, len(text), ctypes.byref(out)))
        return cls._take(context, out.value)

    def gate(self, name, *qubits):
        # C reads as many as the name needs: too few must not get there, unused ones do no harm
        needed = 2 if name in ("CNOT", "CZ", "SWAP") else 1
        if len(qubits) != needed:
            raise ValueError(f"{len(qubits)} qubits for {name}, which takes {needed}")
        self._check(lib.qnn_circuit_gate(self, name.encode(), _at(_integers((*qubits, *[-1] * 8)))))

    def rotation(self, pauli, qubits, source, index=0, scale=1.0, shift=0.0):
        qubits = _integers(qubits)
        if len(qubits) != len(pauli):
            raise ValueError(f"{len(qubits)} qubits for the letters of {pauli}")
        self._check(lib.qnn_circuit_rotation(self, pauli.encode(), _at(qubits), source, index, scale, shift))

    def unitary(self, qubits, matrix):
        qubits, matrix = _integers(qubits), np.ascontiguousarray(matrix, dtype=np.complex128)
        if matrix.shape != (2 ** len(qubits),) * 2:
            raise ValueError(f"a matrix of shape {matrix.shape} on {len(qubits)} qubits")
        self._check(lib.qnn_circuit_unitary(self, len(qubits), _at(qubits), _at(matrix)))

    def observable(self, output, coefficient, pauli):
        self._check(lib.qnn_circuit_observable(self, output, coefficient, pauli.encode()))

    def write(self):
        """the circuit in OpenQASM 3"""
        length = ctypes.c_int64()
        lib.qnn_circuit_write(self, None, 0, ctypes.byref(length))
        text = ctypes.create_string_buffer(length.value + 1)
        self._check(lib.qnn_circuit_write(self, text, length.value + 1, ctypes.byref(length)))
        return text.value.decode()

    def expert(self, period=None):
        out = ctypes.c_void_p()
        if period is not None:
            index = itertools.count()
            period = _in(period, next(k for k in index if np.isnan(lib.qnn_circuit_period(self, k))))
        self._check(lib.qnn_expert_create(self.context, self, _at(period), ctypes.byref(out)))
        return Expert._take(self.context, out.value)


# ---- laws and measures ------------------------------------------------------------------------------

class Law(_Handle):
    """A product law of parameters: uniform on each circle until it is told otherwise."""
    _free = "moe_law_destroy"

    def __init__(self, context, period):
        period = _in(period, -1)
        self.d = len(period)
        super().__init__(context, lib.moe_law_create, context, self.d, _at(period))

    def set_uniform(self, k, a, b):
        self._check(lib.moe_law_set_uniform(self, k, a, b))

    def set_normal(self, k, mean, deviation):
        self._check(lib.moe_law_set_normal(self, k, mean, deviation))

    def set_von_mises(self, k, mean, concentration):
        self._check(lib.moe_law_set_von_mises(self, k, mean, concentration))

    def set_fixed(self, k, value):
        self._check(lib.moe_law_set_fixed(self, k, value))

    def set_samples(self, first, samples):
        samples = _in(samples, -1, -1)
        self._check(lib.moe_law_set_samples(self, first, samples.shape[1], samples.shape[0], _at(samples)))


class Measure(_Handle):
    """Weighted points: Measure(context, period, points[, weights]), or random, tensor, lattice of a law."""
    _free = "moe_measure_destroy"

    def __init__(self, context, period, points, weights=None):
        period = _in(period, -1)
        points = _in(points, -1, len(period))
        weights = None if weights is None else _in(weights, len(points))
        super().__init__(context, lib.moe_measure_create, context, len(period), _at(period), len(points), _at(points),
                         _at(weights))

    @classmethod
    def _made(cls, context, function, *arguments):
        out = ctypes.c_void_p()
        context._settle(function(*arguments, ctypes.byref(out)))
        return cls._take(context, out.value)

    @classmethod
    def random(cls, context, law, count, seed=0, stream=0, first=0):
        return cls._made(context, lib.moe_measure_random, context, law, seed, stream, first, count)

    @classmethod
    def tensor(cls, context, law, sizes):
        sizes = _integers(sizes)
        if len(sizes) != law.d:
            raise ValueError(f"{len(sizes)} sizes for {law.d} coordinates")
        return cls._made(context, lib.moe_measure_tensor, context, law, _at(sizes))

    @classmethod
    def lattice(cls, context, law, count, gamma=None, seed=0, stream=0):
        gamma = None if gamma is None else _in(gamma, law.d)
        return cls._made(context, lib.moe_measure_lattice, context, law, count, _at(gamma), seed, stream)

    count = property(lambda self: lib.moe_measure_count(self))
    d = property(lambda self: lib.moe_measure_dimension(self))
    # the library's own memory, which never changes, and stays while a view of it does
    points = property(lambda self: _view(self._kept, lib.moe_measure_points(self), self.count, self.d))
    weights = property(lambda self: _view(self._kept, lib.moe_measure_weights(self), self.count))
    period = property(lambda self: _view(self._kept, lib.moe_measure_period(self), self.d))

    def _interval(self, function, *arguments):
        out = np.empty(2)
        self._check(function(*arguments, out.ctypes.data, out.ctypes.data + 8))
        return tuple(out)

    def distance(self, other, p=1):
        """(lower, upper) of W_p"""
        return self._interval(lib.moe_measure_distance, self.context, self, other, p)

    def distance_law(self, law, p=1, gap=0.01):
        return self._interval(lib.moe_measure_distance_law, self.context, self, law, p, gap)

    def distance_cells(self, cells, radius, p=1):
        radius = _in(radius, cells.count)
        return self._interval(lib.moe_measure_distance_cells, self.context, self, cells, _at(radius), p)

    def moments(self):
        mean, covariance = np.empty(self.d), np.empty((self.d, self.d))
        self._check(lib.moe_measure_moments(self.context, self, _at(mean), _at(covariance)))
        return mean, covariance


class Transport(_Handle):
    """The transport problem of two measures in steps: set_gap, solve, bounds, plan, potentials."""
    _free = "moe_transport_destroy"

    def __init__(self, context, a, b, p=1):
        self.sizes = a.count, b.count
        super().__init__(context, lib.moe_transport_create, context, a, b, p)

    def set_gap(self, gap):
        self._check(lib.moe_transport_set_gap(self, gap))

    def solve(self):
        self._check(lib.moe_transport_solve(self))

    def bounds(self):
        out = np.empty(2)
        self._check(lib.moe_transport_bounds(self, out.ctypes.data, out.ctypes.data + 8))
        return tuple(out)

    @property
    def method(self):
        return (lib.moe_transport_method(self) or b"").decode()

    def plan(self):
        """(rows, columns, masses), copied"""
        count, at = ctypes.c_int64(), [ctypes.c_void_p() for _ in range(3)]
        self._check(lib.moe_transport_plan(self, ctypes.byref(count), *map(ctypes.byref, at)))
        return tuple(_view(self, a.value, count.value, kind=kind).copy() for a, kind in zip(at, ("<i8", "<i8", "<f8")))

    def potentials(self):
        """(phi, psi), copied"""
        at = [ctypes.c_void_p() for _ in range(2)]
        self._check(lib.moe_transport_potentials(self, *map(ctypes.byref, at)))
        return tuple(_view(self, a.value, n).copy() for a, n in zip(at, self.sizes))


# ---- models -----------------------------------------------------------------------------------------

class Objective(_Handle):
    """Loss, decay, mobility and scale: for a model that is not the plain square loss."""
    _free = "moe_objective_destroy"

    def __init__(self, context, expert, loss="square", decay=None, mobility=None, scale=None, huber=None):
        self.shape = expert.d, expert.p, expert.K
        super().__init__(context, lib.moe_objective_create, context, expert)
        if huber is not None:
            self._check(lib.moe_objective_set_huber(self, huber))
        elif loss != "square":
            self._check(lib.moe_objective_set_loss(self, LOSSES[loss]))
        if decay is not None:
            self._check(lib.moe_objective_set_decay(self, _at(_in(decay, expert.d))))
        if mobility is not None:
            self._check(lib.moe_objective_set_mobility(self, _at(_in(mobility, expert.d))))
        if scale is not None:
            self._check(lib.moe_objective_set_scale(self, scale))


class Model(_Handle):
    """An expert, or an objective, with training data x: n x p, y: n x K, and weights v of the samples."""
    _free = "moe_model_destroy"

    def __init__(self, context, what, x, y, v=None):
        self.d, self.p, self.K = what.shape if isinstance(what, Objective) else (what.d, what.p, what.K)
        x = _in(x, -1, self.p)
        self.n = len(x)
        y = _in(y, self.n, self.K)
        v = None if v is None else _in(v, self.n)
        create = lib.moe_model_create_for if isinstance(what, Objective) else lib.moe_model_create
        super().__init__(context, create, context, what, self.n, _at(x), _at(y), _at(v))

    def predictions(self, measure):
        f = np.empty((self.n, self.K))
        self._check(lib.moe_model_predictions(self.context, self, measure, _at(f)))
        return f

    def predict(self, measure, x):
        x = _in(x, -1, self.p)
        f = np.empty((len(x), self.K))
        self._check(lib.moe_model_predict(self.context, self, measure, len(x), _at(x), _at(f)))
        return f

    def loss(self, measure):
        return self._number(lib.moe_model_loss, self.context, self, measure)

    def energy(self, measure):
        return self._number(lib.moe_model_energy, self.context, self, measure)

    def drift(self, measure):
        drift = np.empty((measure.count, measure.d))
        self._check(lib.moe_model_drift(self.context, self, measure, _at(drift)))
        return drift

    def bias(self, rule, times, x=None, samples=32, seed=0):
        """(bias, error), each times x m x K: N (E F_N - F) as N grows"""
        times, x = _in(times, -1), None if x is None else _in(x, -1, self.p)
        shape = len(times), self.n if x is None else len(x), self.K
        bias, error = np.empty(shape), np.empty(shape)
        self._check(lib.moe_model_bias(self.context, self, rule, len(times), _at(times), 0 if x is None else len(x), _at(x),
                                       samples, seed, _at(bias), _at(error)))
        return bias, error


# ---- flows ------------------------------------------------------------------------------------------

class Field(_Handle):
    """A flow's predictions in time."""
    _free = "moe_field_destroy"

    begin = property(lambda self: lib.moe_field_begin(self))
    end = property(lambda self: lib.moe_field_end(self))

    def predictions(self, time):
        f = np.empty((self.model.n, self.model.K))
        self._check(lib.moe_field_predictions(self.context, self, time, _at(f)))
        return f

    def map(self, theta, start, end, tolerance=1e-9):
        """where points go from one time to another"""
        theta = _in(theta, -1, self.model.d)
        image = np.empty_like(theta)
        self._check(lib.moe_field_map(self.context, self, start, end, len(theta), _at(theta), tolerance, _at(image), None,
                                      None))
        return image

    def density(self, law, time, points, tolerance=1e-9):
        points = _in(points, -1, self.model.d)
        density = np.empty(len(points))
        self._check(lib.moe_field_density(self.context, self, law, time, len(points), _at(points), tolerance, _at(density)))
        return density

    def fluctuations(self, rule, times, x=None, tolerance=1e-6):
        """covariance of sqrt(N) (F_N - F) over times, inputs and outputs"""
        times, x = _in(times, -1), None if x is None else _in(x, -1, self.model.p)
        size = len(times) * (self.model.n if x is None else len(x)) * self.model.K
        covariance = np.empty((size, size))
        self._check(lib.moe_field_fluctuations(self.context, self, rule, len(times), _at(times), 0 if x is None else len(x),
                                               _at(x), tolerance, _at(covariance)))
        return covariance


class Flow(_Handle):
    """A model's gradient flow from a measure; Flow.driven(context, field, measure): tracers of a field."""
    _free = "moe_flow_destroy"

    def __init__(self, context, model, measure, method=None, tolerance=None):
        self.model, self.shape = model, (measure.count, measure.d)
        super().__init__(context, lib.moe_flow_create, context, model, measure)
        self._settings(method, tolerance)

    @classmethod
    def driven(cls, context, field, measure, method=None, tolerance=None):
        out = ctypes.c_void_p()
        context._settle(lib.moe_flow_create_driven(context, field, measure, ctypes.byref(out)))
        self = cls._take(context, out.value)
        self.model, self.shape = field.model, (measure.count, measure.d)
        self._settings(method, tolerance)
        return self

    @classmethod
    def restored(cls, context, model, state):
        """the flow that `save` gave as bytes, of the same model; its `exact` says if the model's bits are the same"""
        out, exact = ctypes.c_void_p(), ctypes.c_int32()
        state = bytes(state)
        context._settle(lib.moe_flow_restore(context, model, state, len(state), ctypes.byref(exact), ctypes.byref(out)))
        self = cls._take(context, out.value)
        measure = self.measure()
        self.model, self.shape, self.exact = model, (measure.count, measure.d), bool(exact.value)
        return self

    def save(self):
        length = ctypes.c_int64()
        self._check(lib.moe_flow_save(self, None, 0, ctypes.byref(length)))
        room = ctypes.create_string_buffer(length.value)
        self._check(lib.moe_flow_save(self, room, length.value, ctypes.byref(length)))
        return room.raw[:length.value]

    def _settings(self, method, tolerance):
        if method is not None:
            self.set_method(method)
        if tolerance is not None:
            self.set_tolerance(tolerance, tolerance)

    def set_method(self, method):
        self._check(lib.moe_flow_set_method(self, method))

    def set_tolerance(self, relative, absolute):
        self._check(lib.moe_flow_set_tolerance(self, relative, absolute))

    def set_steps(self, first, longest):
        self._check(lib.moe_flow_set_steps(self, first, longest))

    def set_step_limit(self, attempts):
        self._check(lib.moe_flow_set_step_limit(self, attempts))

    def set_descent(self, on=True):
        self._check(lib.moe_flow_set_descent(self, bool(on)))

    def record(self):
        self._check(lib.moe_flow_record(self))

    def advance(self, time):
        self._check(lib.moe_flow_advance(self, time))

    def advance_until(self, time, gradient=0.0, loss=0.0):
        """what was reached: 0 the time, else as MOE_REACHED_..."""
        reached = ctypes.c_int32()
        self._check(lib.moe_flow_advance_until(self, time, gradient, loss, ctypes.byref(reached)))
        return reached.value

    def step(self, limit):
        self._check(lib.moe_flow_step(self, limit))

    time = property(lambda self: lib.moe_flow_time(self))
    previous_time = property(lambda self: lib.moe_flow_previous_time(self))

    @property
    def points(self):
        """where the experts are, lifted; copied, for the flow moves on"""
        return _view(self, lib.moe_flow_points(self), *self.shape).copy()

    def interpolate(self, time):
        theta = np.empty(self.shape)
        self._check(lib.moe_flow_interpolate(self, time, _at(theta)))
        return theta

    def measure(self):
        return Measure._made(self.context, lib.moe_flow_measure, self)

    def field(self):
        out = ctypes.c_void_p()
        self._check(lib.moe_flow_field(self, ctypes.byref(out)))
        field = Field._take(self.context, out.value)
        field.model = self.model
        return field

    def predictions(self):
        f = np.empty((self.model.n, self.model.K))
        self._check(lib.moe_flow_predictions(self, _at(f)))
        return f

    def loss(self):
        return self._number(lib.moe_flow_loss, self)

    def gradient(self):
        return self._number(lib.moe_flow_gradient, self)

    def counts(self):
        """(steps, rejections, evaluations)"""
        out = np.zeros(3, dtype=np.int64)
        self._check(lib.moe_flow_counts(self, *(out.ctypes.data + 8 * i for i in range(3))))
        return tuple(int(c) for c in out)


class Limit(_Handle):
    """The mean-field limit of a model to a tolerance."""
    _free = "moe_limit_destroy"

    def __init__(self, context, model, law, times, tolerance=1e-8):
        self.model = model
        super().__init__(context, lib.moe_limit_create, context, model, law)
        self._times = _in(times, -1)
        self._check(lib.moe_limit_set_times(self, len(self._times), _at(self._times)))
        self._check(lib.moe_limit_set_tolerance(self, tolerance))

    @property
    def times(self):
        return self._times.copy()

    def set_budget(self, nodes, memory, seconds):
        self._check(lib.moe_limit_set_budget(self, nodes, memory, seconds))

    def solve(self):
        """raises Error (MOE_ERROR_BUDGET, ...) where the tolerance is out of reach; the best result stays"""
        self._check(lib.moe_limit_solve(self))

    def errors(self):
        error = np.empty(len(self._times))
        self._check(lib.moe_limit_errors(self, _at(error)))
        return error

    def predictions(self, i):
        f = np.empty((self.model.n, self.model.K))
        self._check(lib.moe_limit_predictions(self, i, _at(f)))
        return f

    def measure(self, i):
        return Measure._made(self.context, lib.moe_limit_measure, self, i)

    def sample(self, i, count, seed=0, stream=0, first=0):
        return Measure._made(self.context, lib.moe_limit_sample, self, i, seed, stream, first, count)

    def field(self):
        out = ctypes.c_void_p()
        self._check(lib.moe_limit_field(self, ctypes.byref(out)))
        field = Field._take(self.context, out.value)
        field.model = self.model
        return field


class Study(_Handle):
    """Replicas of mixtures of several sizes against their limit."""
    _free = "moe_study_destroy"

    def __init__(self, context, model, law, times, experts, replicas=(16, 64), precision=0.05, seed=0, tolerance=None,
                 distances=None, marginals=None):
        self.model = model
        super().__init__(context, lib.moe_study_create, context, model, law)
        self._times, self._experts = _in(times, -1), _integers(experts)
        self._check(lib.moe_study_set_times(self, len(self._times), _at(self._times)))
        self._check(lib.moe_study_set_experts(self, len(self._experts), _at(self._experts)))
        self._check(lib.moe_study_set_replicas(self, *replicas, precision))
        self._check(lib.moe_study_set_seed(self, seed))
        if tolerance is not None:
            self._check(lib.moe_study_set_tolerance(self, tolerance))
        if distances is not None:
            self._check(lib.moe_study_set_distances(self, *distances))
        if marginals is not None:
            self._check(lib.moe_study_set_marginals(self, marginals))

    def run(self):
        """A cancelled run (Ctrl-C) goes on where it ended when it is called again."""
        self._check(lib.moe_study_run(self))

    def means(self, quantity, t):
        """(mean, error, replicas), a number for each N"""
        mean, error = np.empty(len(self._experts)), np.empty(len(self._experts))
        replicas = np.empty(len(self._experts), dtype=np.int64)
        self._check(lib.moe_study_means(self, quantity, t, _at(mean), _at(error), _at(replicas)))
        return mean, error, replicas

    def bias(self, i, t):
        bias, error = np.empty((self.model.n, self.model.K)), np.empty((self.model.n, self.model.K))
        self._check(lib.moe_study_bias(self, i, t, _at(bias), _at(error)))
        return bias, error

    def rate(self, quantity, t):
        """{"theory", "exponent", "interval", "probability", "fit"}"""
        theory, probability, exponent, fit = ctypes.c_double(), ctypes.c_double(), np.empty(3), np.empty(6)
        self._check(lib.moe_study_rate(self, quantity, t, ctypes.byref(theory), _at(exponent), ctypes.byref(probability),
                                       _at(fit)))
        return {"theory": theory.value, "exponent": exponent[0], "interval": (exponent[1], exponent[2]),
                "probability": probability.value, "fit": fit}

    def rate_curve(self, quantity, t, experts, exponent=float("nan")):
        """what `rate` fitted, at these numbers of experts; with an exponent: held there"""
        experts = np.ascontiguousarray(experts, dtype=np.float64)
        mean = np.empty(len(experts))
        self._check(lib.moe_study_rate_curve(self, quantity, t, exponent, len(experts), _at(experts), _at(mean)))
        return mean

    def bound(self, t):
        """(a_priori, along), a number for each N"""
        a_priori, along = np.empty(len(self._experts)), np.empty(len(self._experts))
        self._check(lib.moe_study_bound(self, t, _at(a_priori), _at(along)))
        return a_priori, along

    def lipschitz(self):
        """(L1, L2, estimated)"""
        out, estimated = np.empty(2), ctypes.c_int32()
        self._check(lib.moe_study_lipschitz(self, out.ctypes.data, out.ctypes.data + 8, ctypes.byref(estimated)))
        return out[0], out[1], bool(estimated.value)

    def save(self):
        length = ctypes.c_int64()
        lib.moe_study_save(self, None, 0, ctypes.byref(length))
        room = ctypes.create_string_buffer(length.value)
        self._check(lib.moe_study_save(self, room, length.value, ctypes.byref(length)))
        return room.raw[:length.value]

    def restore(self, state):
        self._check(lib.moe_study_restore(self, bytes(state), len(state)))
