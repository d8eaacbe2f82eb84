"""Estimates over ten million probes: `ttt run estimates` beside Polars in Python, from the same Parquet files.

`python benches/estimates.py --help` tells the options. The area is written and ingested once, then each tool is run
in turn, each time as a process of its own. Both results are compared, cell by cell and node by node, before a time
is told.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
from pathlib import Path

import estimates_area
from measure import Work, run, warm
from tools import Bench, checked, peer_task

HERE = Path(__file__).parent
DATE = estimates_area.DATE
JOB = """\
name = "delivery"
about = "The delivery logs alone"
[[step]]
name = "ingest"
run = "ingest"
sources = ["delivery"]
"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=5_000_000, help="playback sessions, with a request each")
    parser.add_argument("--probes", type=int, default=2, help="probes of each session")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the area")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the area and the warehouse")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def ingest(bench: Bench, landing: Path, warehouse: Path) -> None:
    if (warehouse / "bronze" / "playbacks").exists():
        return
    (bench.folder / "jobs").mkdir(exist_ok=True)
    (bench.folder / "jobs/delivery.toml").write_text(JOB)
    (bench.folder / "jobs/nightly.toml").write_text(JOB.replace("delivery", "nightly", 1))
    command = bench.ttt_command(
        "run", "delivery", "--date", DATE, "--landing", str(landing), "--warehouse", str(warehouse), "--quiet"
    )
    checked(run(command, bench.threads, {"TTT_JOBS": str(bench.folder / "jobs")}))


def estimate(bench: Bench, warehouse: Path) -> Work:
    """On a copy of the warehouse without what an earlier run has written."""
    copy = bench.folder / "estimated"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(warehouse, copy, copy_function=os.link)
    command = bench.ttt_command("run", "estimates", "--date", DATE, "--warehouse", str(copy), "--quiet")
    process = checked(run(command, bench.threads))
    return Work(process.wall_s, process.cpu_s, process.peak_mib, 0)


def compare(bench: Bench, out: Path) -> dict:
    """Asks in a process of its own, so that this one stays small."""
    command = [sys.executable, str(HERE / "estimates_compare.py"), str(bench.folder / "estimated"), str(out), DATE]
    return json.loads(checked(run(command, bench.threads)).output)


def tell(name: str, works: list[Work]) -> str:
    wall = statistics.median(work.wall_s for work in works)
    cpu = statistics.median(work.cpu_s for work in works)
    peak = max(work.peak_mib for work in works)
    return f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |"


def main() -> None:
    chosen = options()
    folder = chosen.work / f"estimates-{chosen.sessions}-{chosen.probes}"
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(chosen.ttt, chosen.threads, folder)
    landing, warehouse, out = folder / "landing", folder / "warehouse", bench.fresh("polars")
    estimates_area.write(landing, chosen.sessions, chosen.probes)
    ingest(bench, landing, warehouse)
    warm(warehouse / "bronze")
    ours, theirs = [], []
    for _ in range(chosen.runs):
        ours.append(estimate(bench, warehouse))
        values = {"warehouse": str(warehouse), "date": DATE, "out": str(out)}
        work, told = peer_task(bench, "polars_estimates", "estimates", **values)
        theirs.append(work)
    differences = compare(bench, out)
    print(f"{told['probes']:,} probes that count, {told['rows']:,} cells and nodes; {platform.machine()}, "
          f"{chosen.threads} threads, median of {chosen.runs}")
    print("| tool | wall s | CPU s | peak MiB |\n| --- | --- | --- | --- |")
    print(tell("ttt run estimates", ours))
    print(tell(f"Polars {told['version']}, start and import left out", theirs))
    ratio = statistics.median(w.wall_s for w in ours) / statistics.median(w.wall_s for w in theirs)
    print(f"ratio of wall times: {ratio:.2f}")
    print("greatest relative differences: " + ", ".join(f"{name} {value:.1e}" for name, value in differences.items()))
    if not chosen.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
