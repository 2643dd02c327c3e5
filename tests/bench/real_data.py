#!/usr/bin/env python3
# real_data.py - what mixtures and their limits reach on iris and digits, beside logistic regression on the same
# features: the program's own training and test sets (samples.csv), three splits each.
#
#   real_data.py PROGRAM
#
# Prints a table in Markdown; accuracies on training / test sets in per cent, means over the splits.
# SPDX-License-Identifier: MIT
import csv
import json
import os
import subprocess
import sys
import tempfile

try:
    from sklearn.linear_model import LogisticRegression
except ImportError:
    LogisticRegression = None
    print("scikit-learn (python3-sklearn) is not installed: no logistic regression", file=sys.stderr)

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/examples")
SPLITS = 3
CASES = [("iris: versicolor, virginica; 4 features", "circuit.qasm", "iris.csv", ["--classes", "1,2", "--time", "5"], "1e-3"),
         ("digits: 3, 8; 4 components", "two.qasm", "digits.csv", ["--classes", "3,8", "--pca", "4", "--time", "20"], "1e-3"),
         ("digits: 3, 8, 9, one-hot; 4 components", "three.qasm", "digits.csv",
          ["--classes", "3,8,9", "--pca", "4", "--time", "20"], "1e-2")]


def regression(directory):
    with open(os.path.join(directory, "samples.csv")) as file:
        rows = list(csv.DictReader(file))
    x, y = ({s: [[float(v) for k, v in row.items() if k[0] == letter and k[1:].isdigit()] for row in rows
                 if row["set"] == s] for s in ("train", "test")} for letter in "xy")
    y = {s: [str(v) for v in values] for s, values in y.items()}
    model = LogisticRegression(max_iter=10000).fit(x["train"], y["train"])
    return model.score(x["train"], y["train"]), model.score(x["test"], y["test"])


def run(program, command, words, out):
    subprocess.run([program, command, *words, "--out", out, "--quiet"], check=True)
    with open(os.path.join(out, command + ".json")) as file:
        last = json.load(file)
    return last["times"][-1]["accuracy"], last["times"][-1]["test accuracy"], last["training samples"], last["test samples"]


def cell(pairs):
    return " / ".join(f"{100 * sum(p[i] for p in pairs) / len(pairs):.1f}" for i in (0, 1)) if pairs else "–"


print("| data | samples | 64 experts | 1024 experts | limit | logistic regression |")
print("| --- | --- | ---: | ---: | ---: | ---: |")
for title, circuit, data, options, tolerance in CASES:
    found = {"64": [], "1024": [], "limit": [], "regression": []}
    for seed in range(SPLITS):
        with tempfile.TemporaryDirectory() as out:
            words = ["--circuit", f"{EXAMPLES}/{circuit}", "--data", f"{EXAMPLES}/data/{data}", *options, "--seed", str(seed)]
            for N in ("64", "1024"):
                found[N].append(run(sys.argv[1], "train", [*words, "--experts", N], out))
            found["limit"].append(run(sys.argv[1], "limit", [*words, "--tolerance", tolerance], out))
            if LogisticRegression:
                found["regression"].append(regression(out))
    sizes = "{} / {}".format(*found["limit"][0][2:])
    print(f"| {title} | {sizes} |", " | ".join(cell(found[k]) for k in found), "|", flush=True)
