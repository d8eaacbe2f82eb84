"""Sessions rebuilt from ten million lines of access logs: `ttt run sessions` beside DuckDB, from the same Parquet files.

`python benches/sessions.py --help` tells the options. The area is generated and ingested once, then each tool is run in
turn, each time as a process of its own; DuckDB's start and import are left out. What both make is compared, session by
session, before a time is told.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
from pathlib import Path

from measure import Work, run, warm
from tools import Bench, checked, duckdb

HERE = Path(__file__).parent
DATE = "2026-11-20"
JOB = """\
name = "delivery"
about = "The delivery logs alone"
[[step]]
name = "ingest"
run = "ingest"
sources = ["delivery"]
"""
COLUMNS = (
    "requests", "logged_startup_ms", "logged_stalls", "logged_switches", "chunks_used", "source", "trace_duration_ms", "trace_kbps",
    "watch_ms", "region", "network",
)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000_000, help="lines of the access logs")
    parser.add_argument("--sessions", type=int, default=1_000_000, help="playback sessions")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the area")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the warehouse")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def ingest(bench: Bench, chosen: argparse.Namespace, warehouse: Path) -> None:
    """The area in bronze; the logs themselves go as soon as they are read."""
    if (bench.folder / "ingested").exists():
        return
    landing = bench.fresh("landing")
    checked(run(bench.ttt_command(
        "generate", "--out", str(landing), "--key", str(bench.folder / "key"), "--days", "1", "--escrows", "20",
        "--subscriptions", "2", "--playbacks", str(chosen.sessions), "--requests", str(chosen.requests),
        "--contents", "20000", "--nodes", "64", "--files", "16", "--compression", "gzip", "--bad-lines", "0",
        "--late", "0", "--quiet",
    ), bench.threads))
    jobs = bench.fresh("jobs")
    (jobs / "delivery.toml").write_text(JOB)
    (jobs / "nightly.toml").write_text(JOB.replace("delivery", "nightly", 1))
    command = bench.ttt_command(
        "run", "delivery", "--date", DATE, "--landing", str(landing), "--warehouse", str(warehouse), "--quiet"
    )
    checked(run(command, bench.threads, {"TTT_JOBS": str(jobs)}))
    shutil.rmtree(landing)
    (bench.folder / "ingested").touch()


def rebuild(bench: Bench, warehouse: Path) -> Work:
    """On a copy of the warehouse without what an earlier run has written."""
    copy = bench.folder / "rebuilt"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(warehouse, copy, copy_function=os.link)
    command = bench.ttt_command("run", "sessions", "--date", DATE, "--warehouse", str(copy), "--quiet")
    process = checked(run(command, bench.threads))
    return Work(process.wall_s, process.cpu_s, process.peak_mib, 0)


def compare(bench: Bench, out: Path) -> dict:
    """How many sessions differ, and in what."""
    differing = ", ".join(
        f"count(*) FILTER (WHERE ours.{column} IS DISTINCT FROM theirs.{column}) AS {column}" for column in COLUMNS
    )
    query = (
        f"SELECT count(*) AS sessions, count(*) FILTER (WHERE ours.session_hash IS NULL) AS only_theirs, "
        f"count(*) FILTER (WHERE theirs.session_hash IS NULL) AS only_ours, {differing}, "
        f"max(abs(ours.throughput_kbps - theirs.throughput_kbps) / ours.throughput_kbps) AS throughput_kbps "
        f"FROM read_parquet('{bench.folder}/rebuilt/silver/viewing_sessions/*/*.parquet') AS ours "
        f"FULL JOIN read_parquet('{out}') AS theirs USING (session_hash)"
    )
    script = (
        "import duckdb, json, sys; connection = duckdb.connect(); "
        "connection.execute('SET enable_progress_bar = false'); cursor = connection.execute(sys.argv[1]); "
        "print(json.dumps(dict(zip([d[0] for d in cursor.description], cursor.fetchone()))))"
    )
    return json.loads(checked(run([sys.executable, "-c", script, query], bench.threads)).output)


def tell(name: str, works: list[Work]) -> str:
    wall = statistics.median(work.wall_s for work in works)
    cpu = statistics.median(work.cpu_s for work in works)
    return f"| {name} | {wall:.2f} | {cpu:.2f} | {max(work.peak_mib for work in works):.0f} |"


def main() -> None:
    chosen = options()
    folder = chosen.work / f"sessions-{chosen.requests}-{chosen.sessions}"
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(chosen.ttt, chosen.threads, folder)
    warehouse, out = folder / "warehouse", folder / "duckdb.parquet"
    ingest(bench, chosen, warehouse)
    warm(warehouse / "bronze")
    ours, theirs = [], []
    for _ in range(chosen.runs):
        ours.append(rebuild(bench, warehouse))
        work, told = duckdb(bench, "sessions", warehouse=str(warehouse), out=str(out))
        theirs.append(work)
    differences = compare(bench, out)
    print(f"{chosen.requests:,} requests, {told['rows']:,} sessions; {platform.machine()}, {chosen.threads} threads, "
          f"median of {chosen.runs}")
    print("| tool | wall s | CPU s | peak MiB |\n| --- | --- | --- | --- |")
    print(tell("ttt run sessions", ours))
    print(tell(f"DuckDB {told['version']}, start and import left out", theirs))
    for name, of in (("wall", "wall_s"), ("processor", "cpu_s")):
        ratio = statistics.median(getattr(w, of) for w in theirs) / statistics.median(getattr(w, of) for w in ours)
        print(f"ratio of {name} times: {ratio:.2f}")
    print("sessions that differ: " + ", ".join(f"{name} {value}" for name, value in differences.items()))
    if not chosen.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
