"""How each tool is called for each task, as one process, and what that cost."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from landing import DATE
from measure import Process, Work, run

HERE = Path(__file__).parent
# Done, or done with a control that failed: the generated day holds breaks and a wrong total.
DONE = (0, 4)


class ToolFailed(Exception):
    """A tool could not do the task; the message is its own last line."""


@dataclass(frozen=True)
class Bench:
    """What is the same for every call."""

    ttt: str
    threads: int
    folder: Path
    """Of the area that is measured: its warehouses and Parquet files go here."""

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def ttt_command(self, *arguments: str) -> list[str]:
        config = self.folder / "empty.toml"
        config.touch()
        return [self.ttt, *arguments, "--config", str(config)]


def checked(process: Process, done: tuple[int, ...] = (0,)) -> Process:
    if process.code not in done:
        lines = process.errors.strip().splitlines() or ["it said nothing"]
        raise ToolFailed(f"exit code {process.code}: {lines[-1]}")
    return process


def ttt_ingest(bench: Bench, landing: Path) -> Work:
    """The whole process, into a fresh warehouse."""
    warehouse = bench.fresh("ttt-warehouse")
    command = bench.ttt_command(
        "run", "ingest", "--date", DATE, "--landing", str(landing), "--warehouse", str(warehouse)
    )
    process = checked(run(command, bench.threads), DONE)
    return Work(process.wall_s, process.cpu_s, process.peak_mib, 0)


def ttt_reconcile(bench: Bench, landing: Path) -> Work:
    """The whole process, on a copy of the warehouse that `ttt_ingest` left, so that each run is the first."""
    warehouse = bench.folder / "ttt-reconciled"
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.copytree(bench.folder / "ttt-warehouse", warehouse)
    command = bench.ttt_command(
        "run", "reconcile", "--date", DATE, "--landing", str(landing), "--warehouse", str(warehouse)
    )
    process = checked(run(command, bench.threads), DONE)
    return Work(process.wall_s, process.cpu_s, process.peak_mib, 0)


def ttt_classes(bench: Bench, out: Path) -> None:
    """The classes that `ttt_reconcile` wrote, as CSV."""
    query = f"SELECT escrow_id, class, subcode FROM silver.reconciliation WHERE dt = DATE '{DATE}'"
    command = bench.ttt_command(
        "sql", "--warehouse", str(bench.folder / "ttt-reconciled"), "--format", "csv", query
    )
    out.write_text(checked(run(command, bench.threads)).output, encoding="utf-8")


def peer_task(bench: Bench, peer: str, task: str, **values: str) -> tuple[Work, dict]:
    """A peer's task. What its interpreter and its import took is told apart and not counted."""
    command = [sys.executable, str(HERE / f"peers_{peer}.py"), task]
    command += [f"{key}={value}" for key, value in values.items()]
    environment = {"POLARS_MAX_THREADS": str(bench.threads)}
    process = checked(run(command, bench.threads, environment))
    told = json.loads(process.output)
    startup_s = told["ready"] - process.begin
    work = Work(process.wall_s - startup_s, process.cpu_s - told["startup_cpu_s"], process.peak_mib, startup_s)
    return work, told


def duckdb(bench: Bench, task: str, **values: str) -> tuple[Work, dict]:
    return peer_task(bench, "duckdb", task, threads=str(bench.threads), date=DATE, **values)


def polars(bench: Bench, task: str, **values: str) -> tuple[Work, dict]:
    return peer_task(bench, "polars", task, date=DATE, **values)


PEERS = {"DuckDB": duckdb, "Polars": polars}
