# bench_transport.py - the same distances by POT (network simplex) and SciPy (Jonker-Volgenant), where they are
# installed and a dense matrix of costs fits: adds the columns pot_seconds and scipy_seconds to the CSV of
# bench_transport, read from standard input. The points are drawn as in bench_transport.c.
#
# SPDX-License-Identifier: MIT
import sys
import time

try:
    import numpy as np
except ImportError:
    np = None
try:
    import ot
except ImportError:
    ot = None
try:
    from scipy.optimize import linear_sum_assignment
except ImportError:
    linear_sum_assignment = None

MOST = 10000  # a dense matrix of 800 MB


def stream(seed, count):
    """`count` uniform numbers of splitmix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(float) * 2.0**-53


def draw(d, count, seed, normal, random):
    draws = stream(seed, count * d * (2 if normal else 1) + count)
    if normal:
        u, v = draws[0 : 2 * count * d : 2], draws[1 : 2 * count * d : 2]
        x = np.pi + 0.5 * np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)
        rest = draws[2 * count * d :]
    else:
        x, rest = 2 * np.pi * draws[: count * d], draws[count * d :]
    w = rest if random else np.ones(count)
    return x.reshape(count, d), w / w.sum()


def costs(x, y, p):
    square = np.zeros((len(x), len(y)))
    for k in range(x.shape[1]):
        way = np.mod(np.abs(x[:, k, None] - y[None, :, k]), 2 * np.pi)
        np.minimum(way, 2 * np.pi - way, out=way)
        square += way * way
    return square if p == 2 else square ** (p / 2)


def timed(run, lower, upper, p):
    start = time.process_time()
    value = run() ** (1 / p)
    seconds = time.process_time() - start
    if not lower * (1 - 1e-9) <= value <= upper * (1 + 1e-9):
        print(f"{value!r} is not in [{lower!r}, {upper!r}]", file=sys.stderr)
    return f"{seconds:.3f}"


def assignment(c):
    i, j = linear_sum_assignment(c)
    return c[i, j].mean()


def main():
    head = sys.stdin.readline().strip()
    print(head + ",pot_seconds,scipy_seconds")
    for line in sys.stdin:
        d, p, n, m, law, weights, _, _, lower, upper = line.strip().split(",")
        d, p, n, m, lower, upper = int(d), float(p), int(n), int(m), float(lower), float(upper)
        pot = scipy = ""
        if np and (ot or linear_sum_assignment) and max(n, m) <= MOST:
            x, a = draw(d, n, 1, False, weights == "random")
            y, b = draw(d, m, 2, law == "differ", weights == "random")
            c = costs(x, y, p)
            if ot:
                pot = timed(lambda: ot.emd2(a, b, c, numItermax=10**8), lower, upper, p)
            if linear_sum_assignment and n == m and weights == "equal":
                scipy = timed(lambda: assignment(c), lower, upper, p)
        print(f"{line.strip()},{pot},{scipy}", flush=True)


main()
