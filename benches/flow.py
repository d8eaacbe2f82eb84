"""`ttt solve` beside OR-tools' SimpleMinCostFlow: the same instances, the same optimum, the time of solving alone.

`python benches/flow.py --help` tells the options. An instance is a plan: cells with a demand, sixteen nodes for each
to choose from, nodes with a capacity before one sink, and a dear way from each cell for what has no place. Costs are
drawn at random, or from where cells and nodes lie, which is what a plan's are and is harder to solve. A seed and a
size always give the same instance. Both programs read the same file, and reading is not counted.
"""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import report
from measure import run
from tools import Bench, checked

HERE = Path(__file__).parent
CHOICES = 16
LAST_RESORT = 1_000_000
TARGETS = {(2_000, 100): 1.0, (20_000, 500): 1.0, (100_000, 2_000): 3.0}
COSTS = ("random", "placed")


@dataclass(frozen=True)
class Instance:
    costs: str
    cells: int
    nodes: int
    path: Path


@dataclass(frozen=True)
class Times:
    """Medians over the runs, in seconds."""

    build_s: float
    solve_s: float
    objective: int
    version: str = ""


def options() -> argparse.Namespace:
    sizes = ",".join(f"{cells}x{nodes}" for cells, nodes in TARGETS)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=sizes, help="cells x nodes, separated by commas")
    parser.add_argument("--room", type=float, default=1.25, help="capacity of all nodes for each unit of demand")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the instances")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep the instances")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def choices(rng: random.Random, costs: str, places: list, prices: list[int]) -> list[tuple[int, int]]:
    """The nodes that one cell may use, each with what a unit costs there."""
    nodes = range(len(places))
    if costs == "random":
        return [(node, rng.randint(1, 10_000)) for node in rng.sample(nodes, CHOICES)]
    x, y = rng.random(), rng.random()
    near = {node: math.dist(places[node], (x, y)) for node in rng.sample(nodes, min(len(nodes), 3 * CHOICES))}
    nearest = sorted(near, key=near.get)[:CHOICES]
    return [(node, prices[node] + int(30_000 * near[node] + 1_500 * rng.random())) for node in nearest]


def write(instance: Instance, seed: int, room: float) -> None:
    """Writes an instance as DIMACS text: cells, then nodes, then the sink."""
    rng = random.Random(f"{seed} {instance.costs} {instance.cells} {instance.nodes}")
    places = [(rng.random(), rng.random()) for _ in range(instance.nodes)]
    prices = [rng.randint(2_000, 12_000) for _ in range(instance.nodes)]
    demands = [min(100_000, int(100 * rng.paretovariate(1.2))) for _ in range(instance.cells)]
    shares = [0.2 + rng.random() for _ in range(instance.nodes)]
    each = room * sum(demands) / sum(shares)
    sink = instance.cells + instance.nodes + 1
    with instance.path.open("w", encoding="utf-8") as out:
        out.write(f"p min {sink} {instance.cells * (CHOICES + 1) + instance.nodes}\n")
        for cell, demand in enumerate(demands, 1):
            out.write(f"n {cell} {demand}\n")
        out.write(f"n {sink} {-sum(demands)}\n")
        for cell, demand in enumerate(demands, 1):
            for node, cost in choices(rng, instance.costs, places, prices):
                out.write(f"a {cell} {instance.cells + node + 1} 0 {demand} {cost}\n")
            out.write(f"a {cell} {sink} 0 {demand} {LAST_RESORT}\n")
        for node, share in enumerate(shares, 1):
            out.write(f"a {instance.cells + node} {sink} 0 {1 + int(each * share)} 0\n")


def ttt(bench: Bench, path: Path) -> Times:
    told = json.loads(checked(run(bench.ttt_command("solve", "--json", str(path)), bench.threads)).output)
    if told["gap"] != 0:
        sys.exit(f"{path}: the bound is not the objective: {told}")
    return Times(0, told["solve_seconds"], told["objective"])


def ortools(bench: Bench, path: Path) -> Times:
    command = [sys.executable, str(HERE / "peers_ortools.py"), "solve", f"path={path}"]
    told = json.loads(checked(run(command, bench.threads)).output)
    return Times(told["build_s"], told["solve_s"], told["objective"], told["version"])


def median(times: list[Times]) -> Times:
    build_s = statistics.median(time.build_s for time in times)
    return Times(build_s, statistics.median(time.solve_s for time in times), times[0].objective, times[0].version)


def measured(bench: Bench, instance: Instance, runs: int) -> tuple[Times, Times]:
    """Both by turns, so that what else the machine does meets both."""
    pairs = [(ttt(bench, instance.path), ortools(bench, instance.path)) for _ in range(runs)]
    objectives = {times.objective for pair in pairs for times in pair}
    if len(objectives) != 1:
        sys.exit(f"{instance.path}: the optima differ: {objectives}")
    ours, theirs = zip(*pairs)
    return median(list(ours)), median(list(theirs))


def main() -> None:
    chosen = options()
    folder = (chosen.work / "flow").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(chosen.ttt, 1, folder)
    rows, version = [], ""
    for costs in COSTS:
        for size in chosen.sizes.split(","):
            cells, nodes = map(int, size.split("x"))
            instance = Instance(costs, cells, nodes, folder / f"{costs}-{size}.min")
            print(f"{instance.path}", file=sys.stderr)
            write(instance, chosen.seed, chosen.room)
            ours, theirs = measured(bench, instance, chosen.runs)
            version = theirs.version
            ratio, target = ours.solve_s / theirs.solve_s, TARGETS.get((cells, nodes))
            verdict = "" if target is None else f"{target:.0f} {'met' if ratio <= target else 'missed'}"
            rows.append(
                f"| {costs} | {cells:,} × {nodes:,} | {ours.solve_s:.3f} | {theirs.solve_s:.3f} | {theirs.build_s:.3f} "
                f"| {ratio:.2f} | {verdict} | {ours.objective:,} |"
            )
    print(f"{report.machine(1, {'OR-tools': version})}, median of {chosen.runs} runs\n")
    print("| costs | cells × nodes | ttt s | OR-tools s | OR-tools, building s | ratio | target | optimum of both |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(rows))
    if not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
