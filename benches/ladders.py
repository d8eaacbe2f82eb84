"""`ttt replay ladders` beside the same dynamic program in numpy: the best ladder for each of many bandwidth distributions.

`python benches/ladders.py --help` tells the options. Both solve the same distributions, drawn from a seed, over a
logarithmic grid; both are timed without reading, ours by the program's own clock. numpy solves all distributions at
once, one rung and one candidate after the other. The mean scores must agree.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import time
from pathlib import Path

import numpy

import report
from measure import run
from tools import checked

HERE = Path(__file__).parent
BASE_KBPS = 200.0
STALL_WEIGHT = 2.66
AGREES = 1e-9


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=40, help="candidates, and bins of throughput")
    parser.add_argument("--rungs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the distributions")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def distributions(chosen: argparse.Namespace) -> tuple[numpy.ndarray, numpy.ndarray]:
    """A grid of throughputs, and whole weights by cohort: two groups of viewers each, as on two networks."""
    random = numpy.random.default_rng(chosen.seed)
    grid = numpy.round(numpy.geomspace(100, 25_000, chosen.points), 3)
    at = numpy.log(grid)
    weights = numpy.zeros((chosen.cohorts, chosen.points))
    for _ in range(2):
        middle = random.uniform(numpy.log(300), numpy.log(15_000), (chosen.cohorts, 1))
        width = random.uniform(0.2, 0.9, (chosen.cohorts, 1))
        weights += random.uniform(0.2, 1, (chosen.cohorts, 1)) * numpy.exp(-(((at - middle) / width) ** 2) / 2)
    return grid, numpy.round(1_000 * weights) + 1


def solved(grid: numpy.ndarray, weights: numpy.ndarray, rungs: int) -> numpy.ndarray:
    """The best scores, by cohort."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    worth = numpy.log(grid / BASE_KBPS)
    below = numpy.cumsum(shares, axis=1) - shares
    by_throughput = numpy.cumsum(shares / grid, axis=1) - shares / grid
    layer = worth * below - STALL_WEIGHT * (grid * by_throughput - below)
    best = (layer + worth * (1 - below)).max(axis=1)
    for _ in range(rungs - 1):
        before = layer - worth * below
        layer = numpy.full_like(layer, -numpy.inf)
        for place in range(1, len(grid)):
            layer[:, place] = (before[:, :place] + worth[:place] * below[:, place : place + 1]).max(axis=1)
        numpy.maximum(best, (layer + worth * (1 - below)).max(axis=1), out=best)
    return best


def main() -> None:
    chosen = options()
    print(report.machine(1, {"Python": platform.python_version(), "numpy": numpy.__version__}))
    print(f"median of {chosen.runs} runs, {os.cpu_count()} cores, one used")
    grid, weights = distributions(chosen)
    chosen.work.mkdir(parents=True, exist_ok=True)
    path = chosen.work / f"distributions-{chosen.cohorts}.csv"
    numpy.savetxt(path, numpy.vstack([grid, weights]), fmt="%.15g", delimiter=",")
    command = [chosen.ttt, "replay", "ladders", "--distributions", str(path), "--rungs", str(chosen.rungs)]
    mine, other = [], []
    for _ in range(chosen.runs):
        told = json.loads(checked(run([*command, "--summary", "--json"], 1)).output)
        mine.append(told["solve_s"])
        begin = time.process_time()
        scores = solved(grid, weights, chosen.rungs)
        other.append(time.process_time() - begin)
    path.unlink()
    ours, theirs = statistics.median(mine), statistics.median(other)
    print(f"{chosen.cohorts:,} cohorts, {chosen.points} candidates, up to {chosen.rungs} rungs")
    print(f"ttt {ours:.3f} s, numpy {theirs:.3f} s of processor time: {theirs / ours:.1f} times")
    print(f"mean score {told['score_mean']:.9f} and {scores.mean():.9f}")
    if abs(told["score_mean"] - scores.mean()) > AGREES:
        sys.exit("the scores differ")


if __name__ == "__main__":
    main()
