#!/usr/bin/env python3
# test_python.py - docs/examples/python/moefield.py against mathematics, and against callbacks that misbehave.
#
#   test_python.py libmoefield.so                               (run at the root of the tree)
#
# SPDX-License-Identifier: MIT
import ctypes
import gc
import math
import os
import sys
import threading
import unittest

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "docs/examples/python"))
import moefield as mf  # noqa: E402

TURN = 2 * math.pi
X, Y = [[-1.0], [-0.3], [0.4], [1.2]], [[0.4], [-0.2], [0.1], [0.5]]


def values(theta, x):
    return np.cos(theta[:, None, :1] + x[None, :, :1])


def pullback(theta, x, r):
    return -(np.sin(theta[:, None, 0] + x[None, :, 0]) @ r)


def wave(context, **more):
    """f = cos(theta + x)"""
    return mf.Expert(context, values, pullback, 1, 1, 1, [TURN], **more)


def poisson(time, y=0.6):
    """F(t) of one sample x = 0 from the uniform law: t = -2/(1-y^2) ln((y-F)/y) + ln(1-F)/(1-y) + ln(1+F)/(1+y)"""
    low, high = 0.0, y
    for _ in range(200):
        F = (low + high) / 2
        t = -2 / (1 - y * y) * math.log((y - F) / y) + math.log(1 - F) / (1 - y) + math.log(1 + F) / (1 + y)
        low, high = (F, high) if t < time else (low, F)
    return (low + high) / 2


class Case(unittest.TestCase):
    def setUp(self):
        self.context = mf.Context()
        self.expert = wave(self.context, bounds=(1, 1, 1))
        self.model = mf.Model(self.context, self.expert, X, Y)
        self.law = mf.Law(self.context, [TURN])


class Mathematics(Case):
    def test_one_qubit_to_its_limit(self):
        times = [1.0, 3.0]
        model = mf.Model(self.context, self.expert, [[0.0]], [[0.6]])
        limit = mf.Limit(self.context, model, self.law, times, 1e-10)
        limit.solve()
        self.assertAlmostEqual(limit.predictions(0)[0, 0], 0.232325143888, delta=1e-11)
        for i, time in enumerate(times):
            self.assertAlmostEqual(limit.predictions(i)[0, 0], poisson(time), delta=1e-9)
        self.assertTrue((limit.errors() <= 1e-10).all())

    def test_several_samples_against_the_centroid(self):
        """z' = (-conj(g) + g z^2) / 2, g = sum_j v_j e^{i x_j} (F_j - y_j), F_j = Re e^{i x_j} z, by the classical method"""
        e, y = np.exp(1j * np.array(X)[:, 0]), np.array(Y)[:, 0]

        def slope(z):
            g = np.mean(e * ((e * z).real - y))
            return (-g.conjugate() + g * z * z) / 2
        z, h = 0j, 2.0 / 2000
        for _ in range(2000):
            a = slope(z)
            b = slope(z + h / 2 * a)
            c = slope(z + h / 2 * b)
            z += h / 6 * (a + 2 * b + 2 * c + slope(z + h * c))
        limit = mf.Limit(self.context, self.model, self.law, [2.0], 1e-10)
        limit.solve()
        np.testing.assert_allclose(limit.predictions(0)[:, 0], (e * z).real, atol=1e-9)
        # a flow from equally spaced nodes is the same limit, a driven flow stays where the field has it
        flow = mf.Flow(self.context, self.model, mf.Measure.tensor(self.context, self.law, [64]), mf.DOP853, 1e-12)
        flow.record()
        flow.advance(2.0)
        np.testing.assert_allclose(flow.predictions()[:, 0], (e * z).real, atol=1e-9)
        tracers = mf.Flow.driven(self.context, flow.field(), mf.Measure.tensor(self.context, self.law, [64]), mf.DOP853, 1e-12)
        tracers.advance(2.0)
        np.testing.assert_allclose(tracers.points, flow.points, atol=1e-9)

    def test_a_circuit_is_the_same_expert(self):
        circuit = mf.Circuit(self.context, 1, 1, 1)
        circuit.rotation("Y", [0], mf.Circuit.INPUT)
        circuit.rotation("Y", [0], mf.Circuit.THETA)
        circuit.observable(0, 1.0, "Z")
        again = mf.Circuit.read(self.context, circuit.write())
        theta, x, r = np.linspace(0, 6, 7)[:, None], np.array(X), np.array(Y)
        for quantum in (circuit.expert(), again.expert()):
            np.testing.assert_allclose(quantum.values(theta, x), values(theta, x), atol=1e-14)
            np.testing.assert_allclose(quantum.pullback(theta, x, r), pullback(theta, x, r), atol=1e-14)
        df, h, exact = again.expert().tangent(theta, x, np.ones((7, 1, 1)), r)
        self.assertTrue(exact)
        np.testing.assert_allclose(df[:, 0], -np.sin(theta[:, None] + x[None]), atol=1e-13)
        np.testing.assert_allclose(h[:, 0, 0], -(np.cos(theta + x[:, 0]) @ r)[:, 0], atol=1e-13)

    def test_distances(self):
        a = mf.Measure(self.context, [TURN], [[0.0], [3.0]])
        b = mf.Measure(self.context, [TURN], [[6.2], [3.5]])
        for p in (1, 2):
            low, high = a.distance(b, p)
            exact = (((TURN - 6.2) ** p + 0.5 ** p) / 2) ** (1 / p)
            self.assertTrue(low - 1e-14 <= exact <= high + 1e-14 and high - low < 1e-12)
        transport = mf.Transport(self.context, a, b, 2)
        transport.solve()
        rows, columns, masses = transport.plan()
        self.assertEqual(sorted(zip(rows.tolist(), columns.tolist(), masses.tolist())), [(0, 0, 0.5), (1, 1, 0.5)])
        low, high = mf.Measure.random(self.context, self.law, 1000).distance_law(self.law)
        self.assertTrue(0 < low <= high < 0.5)

    def test_study(self):
        study = mf.Study(self.context, self.model, self.law, [1.0], [8, 32, 128], replicas=(16, 16), precision=0)
        study.run()
        mean, error, replicas = study.means(mf.W1, 0)
        self.assertEqual(replicas.tolist(), [16, 16, 16])
        rate = study.rate(mf.PREDICTION, 0)
        self.assertEqual(rate["theory"], -0.5)
        self.assertTrue(rate["interval"][0] < rate["exponent"] < rate["interval"][1])
        a_priori, along = study.bound(0)
        self.assertTrue((mean <= along).all() and (along <= a_priori * (1 + 1e-12)).all())
        self.assertEqual(study.lipschitz(), (1, 1, False))
        again = mf.Study(self.context, self.model, self.law, [1.0], [8, 32, 128], replicas=(16, 16), precision=0)
        again.restore(study.save())
        np.testing.assert_array_equal(again.means(mf.W1, 0), study.means(mf.W1, 0))
        with self.assertRaises(mf.Error):
            again.restore(study.save()[:-1])

    def test_saved_flow(self):
        flow = mf.Flow(self.context, self.model, mf.Measure.random(self.context, self.law, 20))
        flow.advance(0.5)
        again = mf.Flow.restored(self.context, self.model, flow.save())
        self.assertTrue(again.exact)
        flow.advance(1.0)
        again.advance(1.0)
        self.assertEqual(again.save(), flow.save())
        np.testing.assert_array_equal(again.points, flow.points)
        with self.assertRaises(mf.Error):
            mf.Flow.restored(self.context, self.model, flow.save()[:-1])

    def test_fluctuations(self):
        model = mf.Model(self.context, self.expert, [[0.0]], [[0.6]])
        limit = mf.Limit(self.context, model, self.law, [3.0], 1e-10)
        limit.solve()
        rule = mf.Measure.tensor(self.context, self.law, [96])
        variance = np.diag(limit.field().fluctuations(rule, [0.0, 1.0, 3.0], tolerance=1e-9))
        np.testing.assert_allclose(variance, [0.5, 0.183516, 0.0408035], atol=1e-6)


class Handles(Case):
    def test_views_keep_their_owner(self):
        measure = mf.Measure.random(self.context, self.law, 1000)
        points = measure.points
        kept = points.copy()
        with self.assertRaises(ValueError):
            points[0] = 1
        del measure
        gc.collect()
        np.testing.assert_array_equal(points, kept)

    def test_any_order(self):
        flow = mf.Flow(self.context, self.model, mf.Measure.random(self.context, self.law, 50))
        before = len(mf._objects)
        self.expert.close()
        self.model.close()
        self.law.close()
        flow.advance(0.5)
        self.assertEqual(len(mf._objects), before)
        flow.close()
        self.assertEqual(len(mf._objects), before - 1)  # the expert's functions went with their last user
        with self.assertRaisesRegex(ctypes.ArgumentError, "this Flow is closed"):
            flow.advance(1)
        self.context.close()

    def test_nothing_stays(self):
        gc.collect()
        before = len(mf._objects)
        for _ in range(50):
            context = mf.Context()
            expert = wave(context)
            del expert, context
        gc.collect()
        self.assertEqual(len(mf._objects), before)

    def test_views_outlive_close(self):
        with mf.Measure.random(self.context, self.law, 1000) as measure:
            points, copy = measure.points, measure.points.copy()
        others = [mf.Measure.random(self.context, self.law, 1000, seed=9) for _ in range(5)]
        np.testing.assert_array_equal(points, copy)
        del others

    def test_errors_say_what_was_wrong(self):
        with self.assertRaisesRegex(mf.Error, "MOE_ERROR_VALUE: threads is 0"):
            self.context.set_threads(0)
        with self.assertRaisesRegex(mf.Error, "MOE_ERROR_FILE: cannot keep memory in not/there: there is no such"):
            self.context.set_mapping("not/there")
        with self.assertRaisesRegex(mf.Error, "MOE_ERROR_SIZE"):
            mf.Measure.random(self.context, self.law, -1)
        with self.assertRaisesRegex(mf.Error, r"line 1, column"):
            mf.Circuit.read(self.context, "nonsense")
        circuit = mf.Circuit(self.context, 2, 2, 1)
        for too_few in (lambda: circuit.gate("CNOT", 0), lambda: circuit.rotation("ZZ", [0], mf.Circuit.THETA),
                        lambda: circuit.expert([1.0])):
            with self.assertRaises(ValueError):
                too_few()
        with self.assertRaises(ValueError):
            mf.Model(self.context, self.expert, [[1.0, 2.0]], [[1.0]])
        with self.assertRaises(mf.Error) as caught:
            mf.Flow(self.context, self.model, mf.Measure(self.context, [3.0], [[1.0]]))
        self.assertEqual(caught.exception.name, "MOE_ERROR_DOMAIN")

    def test_build_info(self):
        info = mf.build_info()
        self.assertEqual(info["version"], mf.version())
        self.assertIn(info["blas-integers"], ("32", "64"))

    def test_check(self):
        theta = np.linspace(0.1, 5, 5)[:, None]
        self.expert.check(theta, X)
        wrong = mf.Expert(self.context, values, lambda *a: 1.01 * pullback(*a), 1, 1, 1, [TURN])
        with self.assertRaisesRegex(mf.Error, "MOE_ERROR_CHECK"):
            wrong.check(theta, X)


class Callbacks(Case):
    def failing(self, at, error, **more):
        """an expert that raises at call number `at`"""
        calls = [0]

        def guarded(function):
            def call(*arguments):
                calls[0] += 1
                if calls[0] == at:
                    raise error
                return function(*arguments)
            return call
        expert = mf.Expert(self.context, guarded(values), guarded(pullback), 1, 1, 1, [TURN], **more)
        return mf.Model(self.context, expert, X, Y), calls

    def test_an_exception_at_every_call(self):
        start = mf.Measure.random(self.context, self.law, 20)
        model, calls = self.failing(-1, None)
        flow = mf.Flow(self.context, model, start)
        flow.advance(0.3)
        whole, kept = flow.points, calls[0]
        self.assertGreater(kept, 10)
        for at in range(1, kept + 1):
            model, _ = self.failing(at, ZeroDivisionError(f"call {at}"))
            with self.assertRaisesRegex(ZeroDivisionError, f"call {at}"):
                flow = mf.Flow(self.context, model, start)
                flow.advance(0.3)
            if isinstance(flow, mf.Flow) and flow.model is model:
                flow.advance(0.3)  # it goes on from its last step
                np.testing.assert_allclose(flow.points, whole, atol=1e-7)
        self.assertEqual(mf._raised, {})

    def test_a_failure_that_a_shorter_step_cures(self):
        model, _ = self.failing(9, mf.Retry())
        flow = mf.Flow(self.context, model, mf.Measure.random(self.context, self.law, 20))
        flow.advance(0.3)
        self.assertEqual(flow.time, 0.3)

    def test_wrong_shapes_come_back_as_exceptions(self):
        expert = mf.Expert(self.context, lambda theta, x: np.zeros((3, 3, 3)), pullback, 1, 1, 1, [TURN])
        with self.assertRaisesRegex(ValueError, "broadcast"):
            expert.values([[1.0]], X)

    def test_progress_cancels_and_raises(self):
        flow = mf.Flow(self.context, self.model, mf.Measure.random(self.context, self.law, 50))
        told = []
        self.context.progress = lambda what, part: told.append((what, part)) or len(told) > 3
        with self.assertRaises(mf.Error) as caught:
            flow.advance(20)
        self.assertEqual(caught.exception.name, "MOE_ERROR_CANCELLED")
        self.assertEqual({what for what, _ in told}, {"flow"})

        def interrupt(what, part):
            raise KeyboardInterrupt
        self.context.progress = interrupt
        with self.assertRaises(KeyboardInterrupt):
            flow.advance(20)
        self.context.progress = None
        flow.advance(20)
        self.assertEqual(flow.time, 20)

    def test_cancel_from_another_thread(self):
        flow = mf.Flow(self.context, self.model, mf.Measure.random(self.context, self.law, 2000), tolerance=1e-13)
        timer = threading.Timer(0.1, self.context.cancel)
        timer.start()
        with self.assertRaises(mf.Error) as caught:
            flow.advance(1e6)
        timer.join()
        self.assertEqual(caught.exception.name, "MOE_ERROR_CANCELLED")

    def test_threads(self):
        """an expert comes on the caller's thread unless it is thread-safe; bits are the same"""
        for safe in (False, True):
            seen, points = set(), []

            def noted(theta, x):
                seen.add(threading.get_ident())
                return values(theta, x)
            for threads in (1, 2, 3):
                with mf.Context(threads) as context:
                    expert = mf.Expert(context, noted, pullback, 1, 1, 1, [TURN], thread_safe=safe)
                    flow = mf.Flow(context, mf.Model(context, expert, X, Y), mf.Measure.random(context, self.law, 3000))
                    flow.advance(0.5)
                    points.append(flow.points)
            np.testing.assert_array_equal(points[0], points[1])
            np.testing.assert_array_equal(points[0], points[2])
            if not safe:
                self.assertEqual(seen, {threading.get_ident()})
        # an exception on a worker comes out of the call
        context = mf.Context(2)
        bad = mf.Expert(context, lambda theta, x: 1 / 0, pullback, 1, 1, 1, [TURN], thread_safe=True)
        with self.assertRaises(ZeroDivisionError):
            mf.Model(context, bad, X, Y).predictions(mf.Measure.random(context, self.law, 3000))

    def test_several_contexts_on_several_threads(self):
        results, threads = {}, []

        def work(seed):
            context = mf.Context()
            law = mf.Law(context, [TURN])
            flow = mf.Flow(context, mf.Model(context, wave(context), X, Y), mf.Measure.random(context, law, 100, seed=seed % 2))
            flow.advance(1)
            results[seed] = flow.points
        for seed in range(6):
            threads.append(threading.Thread(target=work, args=(seed,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        for seed in range(2, 6):
            np.testing.assert_array_equal(results[seed], results[seed % 2])


if __name__ == "__main__":
    mf.load(os.path.abspath(sys.argv.pop(1)))
    unittest.main(verbosity=1)
