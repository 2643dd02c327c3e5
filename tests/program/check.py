#!/usr/bin/env python3
# check.py - runs the built program and holds what it says against mathematics.
#
#   check.py PROGRAM [TEST...]
#
# SPDX-License-Identifier: MIT
import csv
import hashlib
import html.parser
import itertools
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COSINE = "OPENQASM 3.0; input float x; input float theta; qubit q; ry(x) q; ry(theta) q;"  # f = cos(theta + x)


def run(*words, **more):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, **more)


class Case(unittest.TestCase):
    """A directory of its own, and words for what is run there."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        os.chdir(self.scratch.name)
        self.addCleanup(os.chdir, "/")

    def file(self, name, text):
        with open(name, "w") as out:
            out.write(text)
        return name

    def good(self, *words, **more):
        done = run(*words, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def bad(self, end, *words, says=(), **more):
        done = run(*words, **more)
        self.assertEqual(done.returncode, end, done.stderr)
        for word in says:
            self.assertIn(word, done.stderr)
        return done.stderr

    def rows(self, name):
        with open(name) as file:
            return list(csv.DictReader(line for line in file if line.strip()))

    def cosine(self, samples):
        """words for a model of f = cos(theta + x) on samples (x, y), as they are"""
        self.file("cosine.qasm", COSINE)
        self.file("cosine.csv", "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in samples))
        return ["--circuit", "cosine.qasm", "--data", "cosine.csv", "--targets", "numbers", "--test", 0, "--scale", 0]


# ---- options ------------------------------------------------------------------------------------

class Options(Case):
    WRONG = {"targets": "maybe", "pca": "0", "scale": "-1", "test": "1", "loss": "cube", "delta": "0", "decay": "-1",
             "output-scale": "0", "law": "cauchy", "periods": "-1", "experts": "4..2", "time": "0", "times": "2,1",
             "replicas": "1..5", "precision": "1", "w1": "1.5", "w2": "-1", "marginals": "0", "bands": "many", "tolerance": "0.1", "method": "euler",
             "nodes": "none", "seconds": "0", "order": "0.5", "gap": "-0.1", "seed": "-3", "threads": "0",
             "width": "12", "pictures": "some", "progress": "ja", "features": "9", "labels": "nosuch",
             "classes": "nosuch", "circuit": "nosuch.qasm", "data": "nosuch.csv", "out": "/dev/null/results"}
    COMMANDS = ("study", "train", "limit", "distance", "circuit", "rerun")

    def options_of(self, command):
        text = self.good(command, "--help")
        return re.findall(r"^  (?:-\w, |    )--([a-z0-9-]+)(=?)", text, re.M)

    def test_every_wrong_value_names_its_option(self):
        model = self.cosine([(0, 0.6), (1, 0.2)])
        self.file("a.csv", "0\n")
        words = {"study": [*model, "--out", "out"], "train": model, "limit": model, "distance": ["a.csv", "a.csv"],
                 "circuit": ["cosine.qasm"]}
        for command, others in words.items():
            for option, takes in self.options_of(command):
                if takes:
                    with self.subTest(command=command, option=option):
                        text = run(command, *others, f"--{option}={self.WRONG[option]}")
                        self.assertIn(text.returncode, (1, 2, 4))
                        self.assertIn(self.WRONG[option] if option in ("circuit", "data") else "--" + option,
                                      text.stderr)
                        self.assertEqual(text.stdout, "")
                        if text.returncode == 1:
                            self.bad(1, command, *others, f"--{option}=")
                            self.bad(1, command, *others, f"--{option}", says=["--" + option])

    def test_hexadecimal_and_what_is_rounded_is_no_number(self):
        for option, value in (("experts", "0x10"), ("seed", "0X1"), ("time", "0x1p2"), ("seed", 2**53 + 1)):
            self.bad(1, "study", f"--{option}={value}", says=["--" + option])

    def test_what_belongs_to_other_commands_is_unknown(self):
        for command in self.COMMANDS:
            mine = {name for name, _ in self.options_of(command)}
            for name in set(self.WRONG) - mine:
                self.bad(1, command, f"--{name}=1", says=[f"no option --{name}"])

    def test_options_that_ask_for_others(self):
        words = ("train", "-c", "c.qasm", "-d", "d.csv")
        self.bad(1, *words, "--delta", 2, says=["--delta", "--loss huber"])
        self.bad(1, "study", *words[1:], "--out", "a", "--replicas", "many", says=["--replicas takes LEAST..MOST"])
        self.bad(1, *words, "--output-scale", "1e100", says=["--output-scale", "1000000"])

    def test_commands_and_operands(self):
        self.assertEqual(run().returncode, 1)
        self.assertIn("Commands:", self.good("--help"))
        self.assertRegex(self.good("--version"), r"^moefield \d+\.\d+\.\d+ \(library \d+\.\d+\.\d+\)$")
        self.bad(1, "dance", says=['"dance"'])
        self.bad(1, "study", "extra", says=["study"])
        self.bad(1, "distance", "one.csv", says=["A.csv B.csv"])
        self.bad(1, "study", "--circuit", "c.qasm", says=["--data"])
        self.bad(1, "study", says=["--circuit"])
        self.bad(1, "rerun", "run.json", says=["--out"])
        for command in self.COMMANDS:
            self.assertIn("Usage: moefield " + command, self.good("help", command))

    def test_the_manual_has_the_programs_options(self):
        with open(os.path.join(ROOT, "docs/man/moefield.1")) as file:
            manual = file.read()
        self.assertIn(self.good("--manual-options"), manual, "run `make man`")
        for command in self.COMMANDS:
            self.assertIn(command, manual)

    def test_completion_is_bash(self):
        self.file("c.bash", self.good("--completion"))
        subprocess.run(["bash", "-n", "c.bash"], check=True)

    def test_what_cannot_be_written_ends_badly(self):
        with open("/dev/full", "w") as full:
            self.assertEqual(subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.DEVNULL).returncode, 4)


# ---- CSV ----------------------------------------------------------------------------------------

class Tables(Case):
    def test_faults_are_told_with_file_line_and_column(self):
        faults = [("1,2\n3,x\n", 2, 3), ("1,2\n3, x4\n", 2, 4), ("1,2\n3\n", 2, 1), ("1,2\n3,4,5\n", 2, 5),
                  ('1,2\n"3,4\n', 2, 1), ('1,2\n"3"4,5\n', 2, 4), ("1,2\n3,\n", 2, 3), ("1,2\n\n3,nan\n", 3, 3),
                  ("1,2\n0x10,4\n", 2, 1), ("1,2\n3,1e999\n", 2, 3), ("1,2\n3,4\r5,6\n", 2, 4),
                  ('a,b\n1,2\n3,"x""y"\n', 3, 3), ("1,2\n3,4\0\n", 2, 4), ('1,2\n3,4"\n', 2, 4)]
        self.file("good.csv", "1,2\n")
        for text, line, column in faults:
            with self.subTest(text=text):
                self.file("bad.csv", text)
                self.bad(2, "distance", "bad.csv", "good.csv", says=[f"bad.csv, line {line}, column {column}:"])

    def test_files_that_are_none(self):
        self.file("good.csv", "1,2\n")
        self.file("empty.csv", "\n\n")
        for name in ("nosuch.csv", "empty.csv", "."):
            self.bad(2, "distance", name, "good.csv", says=[name])

    def test_what_is_taken(self):
        """quotes, blanks, blank lines, a header, a byte-order mark, carriage returns: all the same points"""
        self.file("plain.csv", "1,2\n3,4\n")
        for text in ('1,2\n3,4', '"1" , "2"\r\n\r\n 3,\t4\r\n', "\ufeffa,b\n1,2\n3,4\n", '"a ""b"", c",2\n1,2\n3,4\n'):
            self.file("other.csv", text)
            said = json.loads(self.good("distance", "plain.csv", "other.csv", "--json"))
            self.assertEqual((said["lower"], said["upper"], said["points of B"]), (0, 0, 2), text)


# ---- distance -----------------------------------------------------------------------------------

class Distance(Case):
    def interval(self, *words):
        said = json.loads(self.good("distance", *words, "--json"))
        return said["lower"], said["upper"]

    def holds(self, interval, value):
        self.assertLessEqual(interval[0], value * (1 + 1e-12))
        self.assertGreaterEqual(interval[1], value * (1 - 1e-12))
        self.assertLess(interval[1] - interval[0], 1e-9)

    def test_on_the_line(self):
        self.file("a.csv", "0\n1\n2\n")
        self.file("b.csv", "5\n6\n8\n")
        self.holds(self.interval("a.csv", "b.csv"), (5 + 5 + 6) / 3)
        self.holds(self.interval("a.csv", "b.csv", "-p", 2), math.sqrt((25 + 25 + 36) / 3))

    def test_on_the_circle_and_with_weights(self):
        self.file("a.csv", "0.1\n")
        self.file("b.csv", "6.2\n")
        self.holds(self.interval("a.csv", "b.csv", "--periods", repr(2 * math.pi)), 0.1 + 2 * math.pi - 6.2)
        self.file("c.csv", "0,3\n1,1\n")
        self.file("d.csv", "0,1\n1,1\n")
        self.holds(self.interval("c.csv", "d.csv", "--weights"), 0.25)
        self.file("d.csv", "0,1\n1,-1\n")
        self.bad(2, "distance", "c.csv", "d.csv", "--weights", says=["d.csv, line 2, column 3"])

    def test_in_the_plane_against_all_assignments(self):
        draw = random.Random(7)
        a, b = ([(draw.random(), draw.random()) for _ in range(6)] for _ in range(2))
        for name, points in (("a.csv", a), ("b.csv", b)):
            self.file(name, "".join(f"{x!r},{y!r}\n" for x, y in points))
        best = min(sum(math.dist(p, q) for p, q in zip(a, order)) for order in itertools.permutations(b)) / 6
        self.holds(self.interval("a.csv", "b.csv"), best)
        self.assertRegex(self.good("distance", "a.csv", "b.csv"), r"<= W_1 <=")

    def test_dimensions_that_differ(self):
        self.file("a.csv", "1,2\n")
        self.file("b.csv", "1\n")
        self.bad(2, "distance", "a.csv", "b.csv", says=["2", "1"])


# ---- limit, train -------------------------------------------------------------------------------

def runge_kutta(slope, state, end, steps):
    h = end / steps
    for _ in range(steps):
        a = slope(state)
        b = slope([s + h / 2 * k for s, k in zip(state, a)])
        c = slope([s + h / 2 * k for s, k in zip(state, b)])
        d = slope([s + h * k for s, k in zip(state, c)])
        state = [s + h / 6 * (k + 2 * l + 2 * m + n) for s, k, l, m, n in zip(state, a, b, c, d)]
    return state


class Limit(Case):
    def predictions(self, name):
        return [float(row["prediction"]) for row in self.rows(name)]

    def test_one_qubit_in_closed_form(self):
        """F' = (y - F)(1 - F^2) / 2, F(1) = 0.232325143888 for y = 0.6"""
        words = self.cosine([(0, 0.6)])
        self.good("limit", *words, "--times", "1,3", "--tolerance", "1e-11", "--out", "r")
        f = self.predictions("r/limit-predictions.csv")
        self.assertAlmostEqual(f[0], 0.232325143888, delta=1e-9)
        self.assertAlmostEqual(f[1], 0.44575596911, delta=1e-9)
        said = json.loads(self.good("limit", *words, "--times", "1,3", "--tolerance", "1e-11", "--json"))
        for row, F in zip(said["times"], f):
            self.assertAlmostEqual(row["loss"], (F - 0.6) ** 2 / 2, delta=1e-9)

    def test_several_points_against_the_reduced_equation(self):
        """z' = (-conj(g) + g z^2) / 2, g = mean of e^{i x}(F - y), F = Re(e^{i x} z)"""
        samples = [(-1.0, 0.4), (-0.3, -0.2), (0.4, 0.1), (1.2, 0.5)]

        def slope(state):
            z = complex(*state)
            g = sum(complex(math.cos(x), math.sin(x)) *
                    ((complex(math.cos(x), math.sin(x)) * z).real - y) for x, y in samples) / len(samples)
            rate = (-g.conjugate() + g * z * z) / 2
            return [rate.real, rate.imag]

        z = complex(*runge_kutta(slope, [0.0, 0.0], 2.0, 4000))
        self.good("limit", *self.cosine(samples), "--time", 2, "--tolerance", "1e-10", "--out", "r")
        for (x, _), f in zip(samples, self.predictions("r/limit-predictions.csv")):
            self.assertAlmostEqual(f, (complex(math.cos(x), math.sin(x)) * z).real, delta=1e-9)

    def test_out_of_budget_tells_the_best(self):
        words = self.cosine([(0, 0.6)])
        done = run("limit", *words, "--time", 3, "--tolerance", "1e-11", "--nodes", 12, "--out", "r")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertAlmostEqual(self.predictions("r/limit-predictions.csv")[0], 0.44575596911, delta=0.1)
        with open("r/run.json") as file:
            self.assertEqual(json.load(file)["end"], 3)

    def test_redundant_angles_at_new_inputs(self):
        """two angles of which the training inputs, all 0, see the sum only; the test inputs see both"""
        self.file("two.qasm", "input float x; input array[float, 2] theta; qubit q;"
                              "ry(theta[0]) q; rx(x) q; ry(theta[1]) q;")
        self.file("two.csv", "".join(f"0,{0.6}\n" for _ in range(20)))
        said = json.loads(self.good("limit", "--circuit", "two.qasm", "--data", "two.csv", "--targets", "numbers",
                                    "--scale", 0, "--test", 0.5, "--time", 1, "--tolerance", "1e-9", "--json"))
        self.assertEqual(said["points"], math.prod(said["nodes"]))
        self.assertAlmostEqual(said["times"][0]["test loss"], said["times"][0]["loss"], delta=1e-8)


class Train(Case):
    def test_one_expert(self):
        """theta' = sin(theta) (cos(theta) - y) from theta = 1"""
        words = self.cosine([(0, 0.2)])
        end = runge_kutta(lambda s: [math.sin(s[0]) * (math.cos(s[0]) - 0.2)], [1.0], 2.0, 2000)[0]
        for method in ("adams", "dop853", "dopri5", "rkc"):
            self.good("train", *words, "-n", 1, "--law", "fixed:1", "--time", 2, "--tolerance", "1e-9", "--method",
                      method, "--out", method)
            self.assertAlmostEqual(float(self.rows(method + "/experts.csv")[0]["theta0"]), end, delta=1e-6)

    def test_losses_at_the_start(self):
        """all angles 0: F = cos(x); the losses by their formulas"""
        samples = [(0.0, 1.0), (1.0, 0.0), (2.5, 1.0)]
        words = self.cosine(samples)
        formulas = {"square": lambda f, y: (f - y) ** 2 / 2,
                    "logistic": lambda f, y: math.log1p(math.exp(f)) - y * f,
                    "huber": lambda f, y: (f - y) ** 2 / 2 if abs(f - y) <= 0.5 else 0.5 * (abs(f - y) - 0.25)}
        for loss, formula in formulas.items():
            said = json.loads(self.good("train", *words, "-n", 3, "--law", "fixed:0", "--times", 0, "--loss", loss,
                                        *(("--delta", 0.5) if loss == "huber" else ()), "--json"))
            self.assertAlmostEqual(said["times"][0]["loss"],
                                   sum(formula(math.cos(x), y) for x, y in samples) / 3, delta=1e-12)

    def test_the_scale_of_the_output(self):
        words = self.cosine([(0.5, 0.0)])
        said = json.loads(self.good("train", *words, "-n", 1, "--law", "fixed:0", "--times", 0, "--output-scale", 3,
                                    "--json"))
        self.assertAlmostEqual(said["times"][0]["loss"], (3 * math.cos(0.5)) ** 2 / 2, delta=1e-12)


# ---- data ---------------------------------------------------------------------------------------

class Data(Case):
    """With all angles 0 and at time 0, f = cos(x): predictions tell the inputs."""

    def predictions(self, *words, circuit=COSINE):
        self.file("c.qasm", circuit)
        self.good("train", "--circuit", "c.qasm", "--data", "d.csv", "-n", 1, "--law", "fixed:0", "--times", 0,
                  "--out", "r", *words)
        return self.rows("r/train-predictions.csv")

    def test_scaling_is_learned_from_the_training_set(self):
        draw = random.Random(3)
        x = [draw.gauss(5, 2) for _ in range(40)]
        self.file("d.csv", "".join(f"{v!r},{i}.5\n" for i, v in enumerate(x)))  # the target tells the row
        rows = self.predictions("--test", 0.25, "--scale", 0.7)
        of_set = {name: [int(float(r["target"])) for r in rows if r["set"] == name] for name in ("train", "test")}
        self.assertEqual((len(of_set["train"]), len(of_set["test"])), (30, 10))
        self.assertEqual(sorted(of_set["train"] + of_set["test"]), list(range(40)))
        mean = sum(x[i] for i in of_set["train"]) / 30
        deviation = math.sqrt(sum((x[i] - mean) ** 2 for i in of_set["train"]) / 30)
        for row in rows:
            value = 0.7 * (x[int(float(row["target"]))] - mean) / deviation
            self.assertAlmostEqual(float(row["prediction"]), math.cos(value), delta=1e-12)
        again = self.predictions("--test", 0.25, "--scale", 0.7, "--seed", 1)
        self.assertNotEqual(of_set["test"], [int(float(r["target"])) for r in again if r["set"] == "test"])

    def test_the_first_component(self):
        """points along a direction of the plane, off it by less: the component is along it"""
        draw = random.Random(5)
        along = [draw.gauss(0, 1) for _ in range(50)]
        across = [draw.gauss(0, 0.1) for _ in range(50)]
        c, s = math.cos(0.4), math.sin(0.4)
        x = [(3 + c * a - s * b, -1 + s * a + c * b) for a, b in zip(along, across)]
        self.file("d.csv", "".join(f"{p!r},{q!r},{i}.5\n" for i, (p, q) in enumerate(x)))
        rows = self.predictions("--pca", 1, "--test", 0.2)
        train = [int(float(r["target"])) for r in rows if r["set"] == "train"]
        mean = [sum(x[i][k] for i in train) / 40 for k in (0, 1)]
        xx, xy, yy = (sum((x[i][k] - mean[k]) * (x[i][l] - mean[l]) for i in train) / 40
                      for k, l in ((0, 0), (0, 1), (1, 1)))
        angle = math.atan2(2 * xy, xx - yy) / 2
        value = (xx + yy) / 2 + math.hypot((xx - yy) / 2, xy)
        for row in rows:
            p = x[int(float(row["target"]))]
            component = (p[0] - mean[0]) * math.cos(angle) + (p[1] - mean[1]) * math.sin(angle)
            self.assertAlmostEqual(float(row["prediction"]), math.cos(0.8 * component / math.sqrt(value)), delta=1e-10)
        with open("r/train.json") as file:
            self.assertAlmostEqual(json.load(file)["variance explained"], value / (xx + yy), delta=1e-12)

    def test_classes(self):
        self.file("d.csv", "x,kind\n" + "".join(f"{i / 10},{'abc'[i % 3]}\n" for i in range(30)))
        rows = self.predictions("--classes", "c,a", "--test", 0, "--scale", 0)
        self.assertEqual([float(r["target"]) for r in rows], [1.0 if i % 3 == 0 else -1.0 for i in range(30) if i % 3 != 1])
        rows = self.predictions("--classes", "c,a", "--test", 0, "--scale", 0, "--loss", "logistic")
        self.assertEqual({float(r["target"]) for r in rows}, {0.0, 1.0})
        three = ("input float x; input float theta; qubit[3] q; ry(x) q; ry(theta) q;\n"
                 "pragma moefield observable 0 1 ZII\npragma moefield observable 1 1 IZI\n"
                 "pragma moefield observable 2 1 IIZ\n")
        rows = self.predictions("--test", 0, "--scale", 0, "--loss", "softmax", circuit=three)
        for row in rows:
            self.assertEqual(float(row["target"]), float(int(row["sample"]) % 3 == int(row["output"])))
        self.file("c.qasm", three)
        self.bad(1, "train", "--circuit", "c.qasm", "--data", "d.csv", "--classes", "a,b", says=["3", "--classes"])

    def test_accuracy_counts_signs(self):
        """f = cos(x): x = 0 and pi are named rightly when the class of 0 is the second"""
        self.file("d.csv", "".join(f"{math.pi * (i % 2)!r},{'no' if i % 2 else 'yes'}\n" for i in range(8)))
        self.file("c.qasm", COSINE)
        for classes, right in (("no,yes", 1), ("yes,no", 0)):
            said = json.loads(self.good("train", "-c", "c.qasm", "-d", "d.csv", "--classes", classes, "--test", 0,
                                        "--scale", 0, "-n", 1, "--law", "fixed:0", "--times", 0, "--json"))
            self.assertEqual(said["times"][0]["accuracy"], right)

    def test_features_that_do_not_fit(self):
        self.file("d.csv", "1,2,0.5\n3,4,0.6\n5,7,0.7\n")
        self.file("c.qasm", COSINE)
        self.bad(1, "train", "-c", "c.qasm", "-d", "d.csv", says=["inputs number 1, the features 2", "--features", "--pca"])
        self.bad(1, "train", "-c", "c.qasm", "-d", "d.csv", "--features", "1,1", says=["--features", "twice"])
        self.bad(1, "train", "-c", "c.qasm", "-d", "d.csv", "--pca", 3, says=["--pca"])
        self.good("train", "-c", "c.qasm", "-d", "d.csv", "--features", "2", "--test", 0)
        self.file("d.csv", "1,0.5\n1,0.6\n1,0.7\n")
        self.bad(2, "train", "-c", "c.qasm", "-d", "d.csv", "--test", 0, says=["feature 1"])

    def test_a_number_is_a_place_and_no_name(self):
        """of files that begin with counts, as scikit-learn's do"""
        self.file("d.csv", "3,2,yes,no\n" + "".join(f"{i / 7!r},{i * i / 9!r},{i},{i}.5\n" for i in range(5)))
        at = {k: self.predictions("--features", k, "--labels", 4, "--test", 0, "--scale", 0) for k in ("2", "3", "yes")}
        for i in range(5):
            self.assertAlmostEqual(float(at["2"][i]["prediction"]), math.cos(i * i / 9), delta=1e-12)
            self.assertAlmostEqual(float(at["3"][i]["prediction"]), math.cos(i), delta=1e-12)
        self.assertEqual(at["3"], at["yes"])
        self.bad(1, "train", "-c", "c.qasm", "-d", "d.csv", "--features", "3-2", says=["--features", "3-2", "later"])

    def test_files_of_other_makes(self):
        self.file("c.qasm", COSINE)
        for text, says in (("x,y\n", "no line of cells"), ("x;y\n1;2\n", "line 1, column 2: cells are parted by commas"),
                           ("1\t2\n3\t4\n", "line 1, column 2: cells are parted by commas")):
            self.file("d.csv", text)
            self.bad(2, "train", "-c", "c.qasm", "-d", "d.csv", says=["d.csv", says])
        os.truncate(self.file("d.csv", ""), 1 << 31)  # without a block on the disk
        self.bad(2, "train", "-c", "c.qasm", "-d", "d.csv", says=["d.csv", "2^30 bytes"])

    def test_ties_are_lots(self):
        """all predictions of a uniform law are 0 at time 0, up to rounding"""
        self.file("d.csv", "".join(f"{i / 10!r},{'abc'[i % 3]}\n" for i in range(30)))
        self.file("c.qasm", COSINE)
        self.file("three.qasm", "input float x; input float theta; qubit[3] q; ry(x) q; ry(theta) q;\n" +
                  "".join(f"pragma moefield observable {k} 1 {'I' * k}Z{'I' * (2 - k)}\n" for k in range(3)))
        for circuit, classes, lots in (("c.qasm", "a,b", 1 / 2), ("three.qasm", "a,b,c", 1 / 3)):
            said = json.loads(self.good("limit", "-c", circuit, "-d", "d.csv", "--classes", classes, "--times", "0,1",
                                        "--json"))
            self.assertAlmostEqual(said["times"][0]["accuracy"], lots, delta=1e-12)

    def test_a_circuit_that_is_none(self):
        self.file("d.csv", "1,0.5\n")
        self.file("c.qasm", "qubit q;\nry(nosuch) q;\n")
        self.bad(2, "train", "-c", "c.qasm", "-d", "d.csv", says=["c.qasm", "line 2"])


# ---- circuit ------------------------------------------------------------------------------------

def columns_of(drawing, qubits):
    """the drawn symbols of each qubit, from left to right, as (label, qubits joined to it)"""
    wires = [[] for _ in range(qubits)]
    for part in drawing.split("\n\n"):
        lines = part.split("\n")
        row = {int(m.group(1)): k for k, line in enumerate(lines) if (m := re.match(r"q(\d+):", line))}
        for q in row:
            for m in re.finditer(r"\| ([^|]+) \||(?<=-)[*@x](?=-)", lines[row[q]][5:]):
                middle = 6 + m.start() + (m.end() - m.start()) // 2
                wires[q].append((m.group(1) or m.group(0), middle, part))
    return [[label for label, _, _ in wire] for wire in wires]


class Circuit(Case):
    def random_circuit(self, draw, qubits, gates):
        lines = ["OPENQASM 3.0;", 'include "stdgates.inc";', f"input array[float, 3] theta;", "input float x;",
                 f"qubit[{qubits}] q;"]
        wires = [[] for _ in range(qubits)]
        for _ in range(gates):
            kind = draw.choice(["rx", "ry", "rz", "h", "s", "t", "cx", "cz", "swap", "rzz"])
            a, b = draw.sample(range(qubits), 2)
            angle = draw.choice(["theta[0]", "theta[2]", "x", "2*theta[1]", "pi/2"])
            shown = angle.replace("[", "").replace("]", "").replace("x", "x0")
            if kind in ("rx", "ry", "rz"):
                lines.append(f"{kind}({angle}) q[{a}];")
                wires[a].append(f"{kind.upper()}({shown})")
            elif kind in ("h", "s", "t"):
                lines.append(f"{kind} q[{a}];")
                wires[a].append(kind.upper())
            elif kind == "rzz":
                a, b = min(a, b), max(a, b)
                lines.append(f"rzz({angle}) q[{a}], q[{b}];")
                wires[a].append(f"RZZ({shown}):Z")
                wires[b].append("RZZ:Z")
            else:
                lines.append(f"{kind} q[{a}], q[{b}];")
                wires[a].append({"cx": "*", "cz": "*", "swap": "x"}[kind])
                wires[b].append({"cx": "@", "cz": "*", "swap": "x"}[kind])
        return "\n".join(lines) + "\n", wires

    def test_the_drawing_read_back(self):
        draw = random.Random(11)
        for trial in range(20):
            qubits = draw.randint(2, 5)
            text, wires = self.random_circuit(draw, qubits, draw.randint(1, 30))
            self.file("c.qasm", text)
            drawing = self.good("circuit", "--ascii", "c.qasm", "--width", draw.choice([60, 100, 1000]), "--quiet")
            drawing.encode("ascii")
            self.assertEqual(columns_of(drawing, qubits), wires, drawing)
            for line in drawing.split("\n"):
                self.assertLessEqual(len(line), 1000)

    def test_both_drawings_have_the_same_shape(self):
        text, _ = self.random_circuit(random.Random(2), 4, 25)
        self.file("c.qasm", text.replace("theta", "theta"))
        plain = self.good("circuit", "--ascii", "c.qasm", "--width", 60, "--quiet").split("\n")
        fine = self.good("circuit", "c.qasm", "--width", 60, "--quiet").split("\n")
        self.assertTrue(any("┌" in line for line in fine))
        for line in fine:
            self.assertLessEqual(len(line), 60)
        self.assertTrue(plain)

    def test_lines_that_cross_join_the_right_qubits(self):
        self.file("c.qasm", 'include "stdgates.inc"; qubit[3] q; input float theta; input float x;'
                            "rx(theta) q[1]; cx q[0], q[2]; rz(x) q[1];")
        lines = self.good("circuit", "--ascii", "c.qasm", "--quiet").split("\n")
        top, middle, bottom = (next(l for l in lines if l.startswith(f"q{q}:")) for q in range(3))
        at = top.index("*")
        self.assertEqual(bottom[at], "@")
        self.assertEqual(middle[at], "|")
        column = [line[at] if len(line) > at else " " for line in lines]
        first, last = lines.index(top), lines.index(bottom)
        self.assertTrue(all(sign == "|" for sign in column[first + 1:last]), column)

    def test_facts(self):
        self.file("c.qasm", COSINE + "rz(0.5*theta) q;")
        said = json.loads(self.good("circuit", "--json", "c.qasm"))
        self.assertEqual([g["gate"] for g in said["gates"]], ["ry", "ry", "rz"])
        self.assertAlmostEqual(said["periods"][0], 4 * math.pi, delta=1e-12)
        self.assertAlmostEqual(said["sup |Df|"], 1.5, delta=1e-12)
        self.file("again.qasm", self.good("circuit", "--qasm", "c.qasm"))
        self.assertEqual(self.good("circuit", "again.qasm"), self.good("circuit", "c.qasm"))
        self.bad(2, "circuit", "nosuch.qasm", says=["nosuch.qasm"])


# ---- study --------------------------------------------------------------------------------------

SAMPLES = [(-1.0, 0.4), (-0.3, -0.2), (0.4, 0.1), (1.2, 0.5)]
STATE = "study.state"


class Page(html.parser.HTMLParser):
    VOID = {"meta"}

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        self.links += [v for k, v in attributes if k in ("src", "href") and not v.startswith(("#", "data:"))]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.links += [v for k, v in attributes if k in ("src", "href") and not v.startswith(("#", "data:"))]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


class Study(Case):
    def words(self, *more):
        return ["study", *self.cosine(SAMPLES), "--experts", "8..64", "--time", 1, "--replicas", "16..24", "--progress",
                "no", *more]

    def bytes_of(self, directory, names=None):
        kept = {}
        for name in sorted(names or os.listdir(directory)):
            with open(os.path.join(directory, name), "rb") as file:
                kept[name] = file.read()
        return kept

    def test_results_and_a_rerun_to_the_byte(self):
        self.good(*self.words("--out", "a", "--threads", 1))
        with open("a/run.json") as file:
            record = json.load(file)
        self.assertEqual({r["path"] for r in record["results"]} | {"run.json"}, set(os.listdir("a")))
        for result in record["results"]:
            with open("a/" + result["path"], "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), result["sha256"])
        self.good("rerun", "a/run.json", "--out", "b", "--threads", 2)
        self.assertEqual(self.bytes_of("a"), self.bytes_of("b"))
        for name in os.listdir("a"):
            if name.endswith(".svg"):
                self.assertTrue(xml.etree.ElementTree.parse("a/" + name).getroot().tag.endswith("svg"))
        page = Page()
        with open("a/report.html") as file:
            page.feed(file.read())
        self.assertEqual((page.open, page.faults, page.links), ([], [], []))

    def test_measured_within_bound_and_rates_as_the_theory_has_them(self):
        self.good(*self.words("--out", "a", "--pictures", "no"))
        rows = self.rows("a/bounds.csv")
        self.assertEqual(len(rows), 4)
        for row in rows:
            self.assertLessEqual(float(row["w1_below"]), float(row["w1"]))
            self.assertLessEqual(float(row["w1"]), float(row["bound_along"]))
            self.assertLessEqual(float(row["bound_along"]), float(row["bound_a_priori"]))
        for row in self.rows("a/rates.csv"):
            if row["quantity"] in ("prediction", "coupling", "w1"):
                self.assertEqual(float(row["theory"]), -0.5)
                self.assertLess(abs(float(row["exponent"]) + 0.5), 0.25)

    def test_the_density_is_that_of_the_closed_form(self):
        """mu_t is a Poisson kernel: (1 - |z|^2) / (2 pi |1 - conj(z) e^{i theta}|^2), F(x) = Re(e^{i x} z)"""
        self.good("study", *self.cosine([(0.0, 0.6)]), "--experts", "8..16", "--time", 1, "--replicas", "2..2",
                  "--tolerance", "1e-8", "--out", "a", "--pictures", "no", "--w2", 0)
        with open("a/report.html") as page:
            self.assertIn("There are no rates", page.read())  # of two numbers of experts
        z = 0.232325143888
        last = [row for row in self.rows("a/evolution.csv") if float(row["time"]) == 1]
        self.assertGreater(len(last), 100)
        for row in last:
            theta = float(row["theta0"])
            density = (1 - z * z) / (2 * math.pi * (1 - 2 * z * math.cos(theta) + z * z))
            self.assertAlmostEqual(float(row["density"]), density, delta=1e-5)

    def test_fluctuations_and_bias_of_one_wave(self):
        """f = cos(theta + x) on one sample (0, 0.6): lim N Var F_N = 0.5, 0.183516, 0.0408035 at t = 0, 1, 3; the bias
        N (E F_N - F) is about 0.038 and 0.046"""
        self.good("study", *self.cosine([(0.0, 0.6)]), "--experts", "8,64", "--times", "0,1,3", "--replicas", "2..2",
                  "--tolerance", "1e-9", "--out", "a", "--pictures", "no", "--w1", 0, "--w2", 0)
        rows = self.rows("a/fluctuations.csv")
        self.assertEqual([float(row["time"]) for row in rows], [0, 1, 3])
        for row, variance, bias in zip(rows, (0.5, 0.183516, 0.0408035), (0, 0.038, 0.046)):
            self.assertAlmostEqual(float(row["deviation"]) ** 2, variance, delta=1e-6)
            self.assertAlmostEqual(float(row["bias"]), bias, delta=1e-3 + 3 * float(row["bias_standard_error"]))
        for row in self.rows("a/bands.csv"):
            N, middle = int(row["experts"]), float(rows[2]["limit"]) + float(rows[2]["bias"]) / int(row["experts"])
            wide = 1.959964 * float(rows[2]["deviation"]) / math.sqrt(N)
            self.assertAlmostEqual(float(row["lower"]), middle - wide, delta=1e-6)
            self.assertAlmostEqual(float(row["upper"]), middle + wide, delta=1e-6)

    def test_fixed_parameters(self):
        """f = cos(a + b + x), b from one number: a + b moves twice as fast as theta of f = cos(theta + x + b)"""
        self.file("two.qasm", "OPENQASM 3.0; input float x; input float a; input float b; qubit q; ry(x) q; ry(a) q; ry(b) q;")
        self.file("cosine.qasm", COSINE)
        self.file("data.csv", "".join(f"{x!r},{y!r}\n" for x, y in SAMPLES * 3))
        self.file("moved.csv", "".join(f"{x + 0.7!r},{y!r}\n" for x, y in SAMPLES * 3))
        words = ["--targets", "numbers", "--scale", 0, "--test", 0.5, "--tolerance", "1e-8", "--json"]
        one = json.loads(self.good("limit", "--circuit", "two.qasm", "--data", "data.csv", "--law", "uniform,fixed:0.7", "--time", 1,
                                   *words))
        two = json.loads(self.good("limit", "--circuit", "cosine.qasm", "--data", "moved.csv", "--time", 2, *words))
        for key in ("loss", "test loss"):
            self.assertAlmostEqual(one["times"][0][key], two["times"][0][key], delta=1e-7)

    def test_a_law_without_chance_has_no_rates(self):
        out = self.good(*self.words("--law", "fixed:0.5", "--out", "a"))
        self.assertEqual(self.rows("a/rates.csv"), [])
        for row in self.rows("a/fluctuations.csv"):
            self.assertEqual((float(row["deviation"]), float(row["bias"])), (0, 0))
        self.assertNotIn("not consistent", out)

    def test_bands_of_many_samples_hold_mixtures(self):
        """over 12 seeds, 95 % of a mixture's predictions lie in their band; those of one mixture go together"""
        inside = total = 0
        for seed in range(12):
            self.good(*self.words("--out", f"a{seed}", "--pictures", "no", "--experts", "256,512", "--replicas", "2..2", "--w1",
                                  0, "--w2", 0, "--seed", seed))
            for row in self.rows(f"a{seed}/bands.csv"):
                inside += float(row["lower"]) <= float(row["mixture"]) <= float(row["upper"])
                total += 1
        self.assertEqual(total, 12 * 2 * len(SAMPLES))
        self.assertGreaterEqual(inside / total, 0.82)

    def test_no_bands_where_they_are_not_asked_for_or_too_wide(self):
        self.good(*self.words("--out", "a", "--bands", "no"))
        self.assertFalse(os.path.exists("a/bands.csv") or os.path.exists("a/fluctuations.csv"))
        many = self.cosine([(i / 100, math.sin(i)) for i in range(513)])
        done = run("study", *many, "--experts", "8,16", "--replicas", "2..2", "--w1", 0, "--w2", 0, "--out", "b", "--pictures",
                   "no", "--progress", "no")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no bands: more than 512", done.stderr)
        self.assertFalse(os.path.exists("b/bands.csv"))

    def test_a_record_that_is_none(self):
        self.file("broken.json", '{"format":\n [1,}')
        self.bad(2, "rerun", "broken.json", "--out", "b", says=["broken.json, line 2"])
        self.file("other.json", "{}")
        self.bad(2, "rerun", "other.json", "--out", "b", says=["other.json"])
        self.bad(2, "rerun", "nosuch.json", "--out", "b", says=["nosuch.json"])

    def test_an_input_that_changed(self):
        self.good("train", *self.cosine(SAMPLES), "-n", 8, "--out", "a")
        self.good("rerun", "a/run.json", "--out", "b")
        with open("cosine.csv", "a") as file:
            file.write("0.5,0.5\n")
        self.bad(2, "rerun", "a/run.json", "--out", "b", says=["cosine.csv", "SHA-256"])
        os.rename("cosine.csv", "moved.csv")
        self.bad(2, "rerun", "a/run.json", "--out", "b", says=["--data FILE"])
        self.cosine(SAMPLES)
        os.rename("cosine.csv", "moved.csv")
        self.good("rerun", "a/run.json", "--out", "b", "--data", "moved.csv")

    def test_a_result_that_differs(self):
        self.good("train", *self.cosine(SAMPLES), "-n", 8, "--out", "a")
        with open("a/run.json") as file:
            record = file.read()
        record = re.sub(r'("path": "experts.csv",\s*"sha256": ")[0-9a-f]{64}', r"\g<1>" + "0" * 64, record)
        self.file("a/run.json", record)
        self.bad(6, "rerun", "a/run.json", "--out", "b", says=["experts.csv"])

    def test_a_directory_that_cannot_be_written(self):
        self.file("file", "")
        for where in ("file", "file/deeper", "/proc/nosuch"):
            self.bad(4, *self.words("--out", where), says=["--out " + where])

    def test_without_gnuplot(self):
        os.mkdir("empty")
        done = run(*self.words("--out", "a"), env={"PATH": os.path.abspath("empty")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gnuplot is not installed", done.stderr)
        self.assertIn("rates.gp", os.listdir("a"))
        self.assertFalse([name for name in os.listdir("a") if name.endswith(".svg")])
        self.assertIn("pictures and report.html are not compared", run("rerun", "a/run.json", "--out", "b").stderr)
        self.assertTrue([name for name in os.listdir("b") if name.endswith(".svg")])
        done = run("rerun", "b/run.json", "--out", "c", env={"PATH": os.path.abspath("empty")})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_an_earlier_run_left(self):
        self.good(*self.words("--out", "a"))
        self.file("a/mine.txt", "mine")
        self.file("a/bands.csv", "changed")
        self.good(*self.words("--out", "a", "--bands", "no", "--pictures", "no"))
        self.good(*self.words("--out", "b", "--bands", "no", "--pictures", "no"))
        self.assertEqual(set(os.listdir("a")), set(os.listdir("b")) | {"mine.txt", "bands.csv"})
        self.good("limit", *self.cosine(SAMPLES), "--out", "a")
        self.assertIn("means.csv", os.listdir("a"))  # of another command

    def test_a_record_that_goes_past_its_checksum(self):
        self.good("train", *self.cosine(SAMPLES), "-n", 8, "--out", "a")
        with open("a/run.json") as file:
            record = json.load(file)
        self.file("other.csv", "x,y\n0,1\n1,0\n")
        record["options"]["data"] = "other.csv"
        self.file("a/run.json", json.dumps(record))
        self.bad(2, "rerun", "a/run.json", "--out", "b", says=["past the checksum"])

    def test_a_full_disk_leaves_no_part(self):
        def little():  # a write beyond so many bytes fails, as on a full disk
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))

        self.bad(4, *self.words("--out", "a"), says=["cannot be written"], preexec_fn=little)
        self.assertFalse([name for name in os.listdir("a") if name.endswith((".part", ".csv", ".json", ".html"))])

    def test_a_failure_after_the_measurements_keeps_them(self):
        words = self.words("--out", "a", "--pictures", "no")
        os.makedirs("a/means.csv/in the way")
        self.bad(4, *words, says=["means.csv"])
        self.assertIn(STATE, os.listdir("a"))
        shutil.rmtree("a/means.csv")
        self.assertIn("going on", run(*words).stderr)
        self.good(*[word if word != "a" else "b" for word in words])
        self.assertEqual(self.bytes_of("a"), self.bytes_of("b"))

    def test_what_a_record_cannot_hold(self):
        words = self.words("--out", "a", "--pictures", "no")
        latin = os.fsdecode(b"l\xe4ngs")
        os.rename("cosine.csv", latin)
        self.bad(1, *[word if word != "cosine.csv" else latin for word in words], says=["--data", "UTF-8"], errors="replace")
        os.mkdir(latin + "2")
        os.rename(latin, latin + "2/cosine.csv")
        os.rename("cosine.qasm", latin + "2/cosine.qasm")
        os.chdir(latin + "2")  # a folder of such a name only leaves the path as it was given
        self.good(*words)
        self.good("rerun", "a/run.json", "--out", "b")

    def test_a_reader_that_goes_away(self):
        words = [word for word in self.words("--out", "a", "--pictures", "no") if word not in ("-q", "--quiet")]
        reads, writes = os.pipe()
        os.close(reads)
        done = subprocess.run([PROGRAM, *map(str, words)], stdout=writes, stderr=subprocess.PIPE, text=True)
        os.close(writes)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("standard output", done.stderr)
        self.assertIn("run.json", os.listdir("a"))
        self.assertNotIn(STATE, os.listdir("a"))

    def interrupted(self, *words, then=()):
        """ends with 130: interrupted as soon as its progress tells of replicas, then by those signals"""
        words = list(words)
        words[words.index("--progress") + 1] = "yes"
        at = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        text = b""
        while b"study" not in text:
            some = os.read(at.stderr.fileno(), 4096)
            self.assertTrue(some, text)
            text += some
        at.send_signal(signal.SIGINT)
        for pause, number in then:
            time.sleep(pause)
            at.send_signal(number)
        text += at.communicate()[1]
        self.assertEqual(at.returncode, 130, text)
        self.assertIn(STATE, os.listdir("a"))
        return text.decode()

    def test_an_interrupt_and_what_goes_on_from_it(self):
        words = self.words("--precision", 0, "--replicas", "120..120", "--out", "a", "--pictures", "no")
        text = self.interrupted(*words, "--fresh")
        self.assertIn("interrupted", text)
        for name in ("means.csv", "limit.csv", "report.html", "run.json", "study.json", STATE):
            self.assertIn(name, os.listdir("a"))
        with open("a/run.json") as file:
            self.assertEqual(json.load(file)["end"], 130)
        with open("a/study.json") as file:
            self.assertFalse(json.load(file)["whole"])
        with open("a/" + STATE, "rb") as file:
            state = file.read()
        self.bad(2, *words, "--seed", 1, says=[STATE, "--fresh"])
        self.bad(2, *words, "--tolerance", "1e-5", says=[STATE, "--fresh"])
        for damaged in (state[:len(state) // 2], b"", b"something else", state[:-9] + bytes([state[-9] ^ 1]) + state[-8:]):
            with open("a/" + STATE, "wb") as file:
                file.write(damaged)
            self.bad(2, *words, says=[STATE, "--fresh"])
        with open("a/" + STATE, "wb") as file:
            file.write(state)
        self.good(*words)
        self.assertNotIn(STATE, os.listdir("a"))
        self.good(*[word if word != "a" else "b" for word in words])
        self.assertEqual(self.bytes_of("a"), self.bytes_of("b"))

    def test_signals_one_upon_the_other(self):
        """as of a terminal that closes: the second finds the study being saved"""
        words = self.words("--precision", 0, "--replicas", "120..120", "--out", "a", "--pictures", "no", "--fresh")
        for pause in (0.0005, 0.001, 0.002, 0.004):
            self.interrupted(*words, then=((pause, signal.SIGTERM), (pause, signal.SIGHUP)))

    def test_an_interrupt_before_there_is_anything(self):
        at = subprocess.Popen([PROGRAM, *map(str, self.words("--out", "a", "--tolerance", "1e-12", "--time", 300))],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(0.15)
        at.send_signal(signal.SIGINT)
        _, text = at.communicate()
        self.assertIn(at.returncode, (0, 130), text)
        if at.returncode == 130:
            self.assertRegex(text, "before the limit was there: nothing|before a replica was whole|what is there is in a")
            self.assertEqual("study.json" in os.listdir("a"), "what is there" in text)
            self.assertEqual(STATE in os.listdir("a"), "nothing is written" not in text)

    def test_a_kill(self):
        """the limit is kept as soon as it is there, whatever comes then"""
        words = self.words("--precision", 0, "--replicas", "120..120", "--out", "a", "--pictures", "no")
        at = subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while at.poll() is None and not os.path.exists("a/" + STATE):
            time.sleep(0.002)
        at.kill()
        at.wait()
        self.assertEqual(at.returncode, -signal.SIGKILL)
        done = run(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("going on", done.stderr)
        self.good(*[word if word != "a" else "b" for word in words])
        self.assertEqual(self.bytes_of("a"), self.bytes_of("b"))

    def test_the_line_of_progress(self):
        done = run(*self.words("--out", "a", "--pictures", "no", "--progress", "yes", "--replicas", "60..60"))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"study .*%")
        self.assertNotRegex(done.stderr, r"\b0 %")


class Pictures(Case):
    """What one reads in them: the words of each SVG."""

    def draw(self, *words):
        done = run("study", *words, "--replicas", "3..3", "--out", "a", "--progress", "no", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "", "gnuplot has something to say")

    def words_of(self, name):
        tree = xml.etree.ElementTree.parse(f"a/{name}.svg")
        return ["".join(text.itertext()).replace("\xa0", " ").strip() for text in tree.iter("{http://www.w3.org/2000/svg}text")]

    def two_angles(self):
        self.file("two.qasm", "OPENQASM 3.0; input float x; input array[float, 2] theta; qubit q; ry(x) q; ry(theta[0]) q; rx(theta[1]) q;")
        self.file("two.csv", "".join(f"{x!r},{y!r}\n" for x, y in SAMPLES))
        return ["--circuit", "two.qasm", "--data", "two.csv", "--targets", "numbers", "--test", 0, "--scale", 0, "--tolerance", "1e-4"]

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_two_angles_at_the_times_asked_for(self):
        for asked, shown in (("0.5,1.25", "0 0.5 1.25"), ("0,1", "0 1"), ("0.25,0.5,0.75,1,1.5", "0.25 0.5 0.75 1.5"), ("1.5", "0 0.5 1 1.5")):
            self.draw(*self.two_angles(), "--experts", "8,32,48", "--times", asked, "--bands", "no", "--w1", 0, "--w2", 0)
            words = self.words_of("evolution2")
            self.assertEqual([w for w in words if w.startswith("t = ")], ["t = " + t for t in shown.split()])
            self.assertEqual(sorted({float(r["time"]) for r in self.rows("a/evolution.csv")}), [float(t) for t in shown.split()])
            for part in ("density", "θ0", "θ1", "N = 32"):
                self.assertTrue(any(part in w for w in words), (part, words))

    @unittest.skipUnless(shutil.which("gnuplot"), "no gnuplot")
    def test_distances_and_the_axes_they_need(self):
        for more in ([], ["--w1", 0, "--w2", 0], ["--w2", 0]):
            self.draw(*self.two_angles(), "--experts", "8..64", "--bands", "yes", *more)
            words = self.words_of("rates")
            means = [(r["quantity"], float(r["mean"])) for r in self.rows("a/means.csv") if r["quantity"] in
                     ("prediction", "coupling", "loss", "w1", "w2")]
            for quantity, title in (("prediction", "prediction error"), ("coupling", "coupling"), ("w1", "W₁"), ("w2", "W₂")):
                self.assertEqual(title in words, quantity in dict(means), words)
            self.assertTrue({"fit", "theory", "number of experts N"} <= set(words))
            ticks = [float(w) for w in words if re.fullmatch(r"[0-9.e-]+", w) and w not in ("8", "16", "32", "64")]
            self.assertGreaterEqual(min(ticks), min(m for _, m in means) / 1.4)
            self.assertLessEqual(max(ticks), max(m for _, m in means) * 1.4)
            for N in (8, 32, 64):
                for part in (f"N = {N}, 95 %", f"a mixture, N = {N}"):
                    self.assertIn(part, self.words_of("bands"))

    def test_marginals_of_the_closed_form(self):
        """of three angles one counts: it has the Poisson kernel's density, the others stay uniform"""
        self.file("three.qasm", "OPENQASM 3.0; input float x; input array[float, 3] theta; qubit q; rz(theta[1]) q; rz(theta[2]) q;"
                                "ry(x) q; ry(theta[0]) q;")
        self.file("one.csv", "0,0.6\n")
        self.draw("--circuit", "three.qasm", "--data", "one.csv", "--targets", "numbers", "--test", 0, "--scale", 0, "--experts", "8..64",
                  "--bands", "no", "--w1", 0, "--w2", 0)
        z = 0.232325143888
        for row in self.rows("a/marginals.csv"):
            theta = float(row["theta"])
            exact = (1 - z * z) / (2 * math.pi * (1 - 2 * z * math.cos(theta) + z * z)) if row["parameter"] == "0" else 1 / (2 * math.pi)
            self.assertAlmostEqual(float(row["limit"]), exact, delta=1e-3)
            self.assertAlmostEqual(float(row["start"]), 1 / (2 * math.pi), delta=1e-3)
        for k in "012":
            rows = [r for r in self.rows("a/marginals.csv") if r["parameter"] == k]
            step = 2 * math.pi / (len(rows) - 1)
            self.assertAlmostEqual(sum(float(r["mixture"]) for r in rows[:-1]) * step, 1, delta=1e-9)
            self.assertAlmostEqual(sum(float(r["limit"]) for r in rows[:-1]) * step, 1, delta=1e-4)
        if shutil.which("gnuplot"):
            words = self.words_of("marginals")
            for part in ("density", "θ2", "N = 64", "dotted"):
                self.assertTrue(any(part in w for w in words), (part, words))

    def test_names_that_are_no_utf8_or_markup(self):
        with open("d.csv", "wb") as file:
            for i in range(20):
                file.write(b"%d,%s\n" % (i % 7, (b"m\xe4nnlich \xed\xa0\x80", "<b>\"wéiblich\" & 'x'".replace('"', "").encode())[i % 2]))
        self.file("cosine.qasm", COSINE)
        run("study", "--circuit", "cosine.qasm", "--data", "d.csv", "--experts", "8,16", "--replicas", "2..2", "--w1", 0, "--w2", 0, "--out", "a",
            "--quiet", "--tolerance", "1e-4", errors="replace")
        with open("a/report.html", "rb") as file:
            text = file.read().decode("utf-8")
        self.assertIn("m&#xFFFD;nnlich &#xFFFD;&#xFFFD;&#xFFFD;", text)
        self.assertIn("&lt;b&gt;wéiblich &amp; &#39;x&#39;", text)
        page = Page()
        page.feed(text)
        self.assertEqual((page.open, page.faults, page.links), ([], [], []))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # where it is ignored (behind &), programs ignore it too
    unittest.main(verbosity=1)
