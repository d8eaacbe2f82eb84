"""`ttt replay cache` in requests a second, beside libCacheSim from PyPI (`libcachesim==0.3.5`), one thread each.

`python benches/cache.py --help` tells the options. Both read the same oracleGeneral file from the page cache. Ours is
timed as a whole process; theirs from the opening of the trace to its end, without the start of Python. Rates are by the
clock and, in brackets, by processor time, which other work on the machine disturbs less. A Zipf trace is generated unless
`--requests 0` is given; `--trace` adds one. Byte miss ratios must agree to the fourth digit for policies
that are the same everywhere (LRU, FIFO, SIEVE, Belady); for the others both are shown.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy

import report
from measure import run
from tools import checked

HERE = Path(__file__).parent
RECORD = numpy.dtype([("time", "<u4"), ("id", "<u8"), ("bytes", "<u4"), ("next", "<i8")])
# Their names for ours, and whether all implementations agree on what the policy does.
POLICIES = {
    "LRU": ("LRU", True),
    "FIFO": ("FIFO", True),
    "SIEVE": ("Sieve", True),
    "S3-FIFO": ("S3FIFO", False),
    "W-TinyLFU": ("WTinyLFU", False),
    "Belady": ("Belady", True),
}
AGREES = 5e-5
THEIRS = """\
import sys, time, json
import libcachesim
path, policy, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
begin, used = time.perf_counter(), time.process_time()
reader = libcachesim.TraceReader(path, libcachesim.TraceType.ORACLE_GENERAL_TRACE)
cache = getattr(libcachesim, policy)(size)
missed, missed_bytes = cache.process_trace(reader)
wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - used
print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "byte_miss_ratio": missed_bytes}))
"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trace", type=Path, action="append", default=[], help="a trace of your own, too")
    parser.add_argument("--requests", type=int, default=10_000_000, help="requests of the Zipf trace; 0 for none")
    parser.add_argument("--objects", type=int, default=1_000_000, help="objects that they are drawn from")
    parser.add_argument("--skew", type=float, default=0.9, help="exponent of the Zipf law")
    parser.add_argument("--mib", type=int, action="append", default=[], help="size of the cache [default: 512]")
    parser.add_argument("--policy", action="append", default=[], choices=POLICIES, help="[default: LRU and SIEVE]")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the trace")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="keep the generated trace")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def generate(path: Path, chosen: argparse.Namespace) -> None:
    """Requests by a Zipf law over objects of 1 to 64 KiB, with ids in no order and true next accesses."""
    random = numpy.random.default_rng(1)
    weights = 1.0 / numpy.arange(1, chosen.objects + 1) ** chosen.skew
    edges = numpy.cumsum(weights / weights.sum())
    ranks = numpy.searchsorted(edges, random.random(chosen.requests)).clip(max=chosen.objects - 1)
    trace = numpy.empty(chosen.requests, RECORD)
    trace["time"] = numpy.arange(chosen.requests) // 1_000
    ids = random.permutation(numpy.arange(1, chosen.objects + 1, dtype="u8") * 0x9E3779B97F4A7C15)
    trace["id"] = ids[ranks]
    trace["bytes"] = random.integers(1, 65, chosen.objects)[ranks] * 1024
    order = numpy.argsort(ranks, kind="stable")
    following = numpy.full(chosen.requests, -1, dtype="i8")
    same = ranks[order][1:] == ranks[order][:-1]
    # Places are counted from 1, as libCacheSim writes them.
    following[order[:-1][same]] = order[1:][same] + 1
    trace["next"] = following
    trace.tofile(path)


class Run(NamedTuple):
    """One replay of the whole trace."""

    wall_s: float
    cpu_s: float
    byte_miss_ratio: float


def ours(chosen: argparse.Namespace, trace: Path, policy: str, size: int) -> Run:
    command = [chosen.ttt, "replay", "cache", "--trace", str(trace), "--policy", policy, "--bytes", str(size), "--json"]
    process = checked(run(command, 1))
    return Run(process.wall_s, process.cpu_s, json.loads(process.output)["results"][0]["byte_miss_ratio"])


def theirs(trace: Path, policy: str, size: int) -> Run:
    process = checked(run([sys.executable, "-c", THEIRS, str(trace), POLICIES[policy][0], str(size)], 1))
    told = json.loads(process.output.strip().splitlines()[-1])
    return Run(told["wall_s"], told["cpu_s"], told["byte_miss_ratio"])


def rates(runs: list[Run], requests: int) -> tuple[float, float]:
    """Millions of requests a second, by the clock and by processor time: the medians of the runs."""
    wall_s, cpu_s = (statistics.median(run[place] for run in runs) for place in (0, 1))
    return requests / wall_s / 1e6, requests / cpu_s / 1e6


def compare(chosen: argparse.Namespace, trace: Path) -> list[str]:
    """One line a policy and size; the runs of both take turns."""
    requests = trace.stat().st_size // RECORD.itemsize
    print(f"\n{trace.name}: {requests:,} requests; millions a second by the clock (by processor time)")
    print(f"{'policy':<10} {'MiB':>6} {'ttt':>14} {'libcachesim':>14} {'times':>13} {'bytes missed':>13} {'peer':>7}")
    differing = []
    for policy in chosen.policy or ["LRU", "SIEVE"]:
        for mib in chosen.mib or [512]:
            mine, other = [], []
            for _ in range(chosen.runs):
                mine.append(ours(chosen, trace, policy, mib << 20))
                other.append(theirs(trace, policy, mib << 20))
            (wall, cpu), (peer_wall, peer_cpu) = (rates(runs, requests) for runs in (mine, other))
            ratio, peer_ratio = mine[0].byte_miss_ratio, other[0].byte_miss_ratio
            print(
                f"{policy:<10} {mib:>6} {f'{wall:.2f} ({cpu:.2f})':>14} {f'{peer_wall:.2f} ({peer_cpu:.2f})':>14}"
                f" {f'{wall / peer_wall:.1f} ({cpu / peer_cpu:.1f})':>13} {ratio:>13.4f} {peer_ratio:>7.4f}"
            )
            if POLICIES[policy][1] and abs(ratio - peer_ratio) > AGREES:
                differing.append(f"{trace.name}: {policy} at {mib} MiB: {ratio:.6f} and {peer_ratio:.6f}")
    return differing


def main() -> None:
    chosen = options()
    versions = {"Python": platform.python_version(), "libcachesim": version("libcachesim")}
    print(f"{report.machine(1, versions)}, median of {chosen.runs} runs, {os.cpu_count()} cores, one used")
    differing = []
    for trace in chosen.trace:
        differing += compare(chosen, trace)
    if chosen.requests:
        chosen.work.mkdir(parents=True, exist_ok=True)
        path = chosen.work / f"zipf-{chosen.requests}.oracleGeneral.bin"
        print(f"generating {path}", file=sys.stderr)
        generate(path, chosen)
        try:
            differing += compare(chosen, path)
        finally:
            if not chosen.keep:
                path.unlink(missing_ok=True)
    if differing:
        sys.exit("byte miss ratios differ:\n  " + "\n  ".join(differing))


if __name__ == "__main__":
    main()
