"""OR-tools' SimpleMinCostFlow on a DIMACS file, in a process of its own."""

import sys
import time

import numpy
import ortools
from ortools.graph.python import min_cost_flow

import peer


def solve(path: str) -> dict:
    """Reads, builds and solves. Only building and solving are timed, each by itself."""
    nodes, arcs = [], []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line[0] == "a":
                arcs.append(line[2:])
            elif line[0] == "n":
                nodes.append(line[2:])
    supplies = numpy.loadtxt(nodes, dtype=numpy.int64, ndmin=2)
    ends = numpy.loadtxt(arcs, dtype=numpy.int64, ndmin=2)
    tails, heads = ends[:, 0].astype(numpy.int32), ends[:, 1].astype(numpy.int32)
    capacities, costs = ends[:, 3].copy(), ends[:, 4].copy()
    begin = time.perf_counter()
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
    flow.set_nodes_supplies(supplies[:, 0].astype(numpy.int32), supplies[:, 1])
    built = time.perf_counter()
    status = flow.solve()
    solved = time.perf_counter()
    if status != flow.OPTIMAL:
        sys.exit(f"{path}: {status}")
    return {"build_s": built - begin, "solve_s": solved - built, "objective": flow.optimal_cost()}


if __name__ == "__main__":
    peer.run(sys.argv, (solve,), ortools.__version__)
