"""The night's ingest and reconciliation beside DuckDB and Polars doing the same work on the same files.

`python benches/night.py --help` tells the options; `pip install -r benches/requirements.txt` the peers.
Nothing here fails because it was slow: the table and the targets are printed, and that is all.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import landing
import report
import tools
from measure import Work, bytes_below, median, warm
from report import Result
from tools import Bench, ToolFailed

HERE = Path(__file__).parent


def options() -> argparse.Namespace:
    sizes = lambda text: [int(size) for size in text.split(",") if size]  # noqa: E731
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--escrows", type=sizes, default=[100_000, 1_000_000], help="escrows of a day, by commas")
    parser.add_argument("--requests", type=sizes, default=[1_000_000, 5_000_000], help="requests of a day, by commas")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for areas")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tools", default="ttt,DuckDB,Polars", help="which of them, by commas")
    parser.add_argument("--faults", type=float, default=0.01, help="share of the tips with a planted fault")
    parser.add_argument("--replays", type=float, default=0.002, help="share of the rows that arrive twice")
    parser.add_argument("--bad-lines", type=float, default=0.001, help="lines to quarantine for each good line")
    parser.add_argument("--late", type=float, default=0.002, help="share of the tips with a late row")
    parser.add_argument("--keep", action="store_true", help="keep the areas and what the tools wrote")
    parser.add_argument("--markdown", type=Path, help="write the results to this file too")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def measured(runs: int, calls: dict[str, Callable[[], Work]], say: Callable[[str, Work], None]) -> dict:
    """The median of each tool, or why it failed. The tools take turns, so that a busy minute meets all of them."""
    works: dict[str, list[Work]] = {tool: [] for tool in calls}
    failures: dict[str, str] = {}
    for _ in range(runs):
        for tool, call in calls.items():
            if tool in failures:
                continue
            try:
                works[tool].append(call())
                say(tool, works[tool][-1])
            except ToolFailed as failure:
                failures[tool] = str(failure)
    return {tool: (median(works[tool]), "") if tool not in failures else (None, failures[tool]) for tool in calls}


class Night:
    """One run of the benchmark: its options, and what was found so far."""

    def __init__(self, chosen: argparse.Namespace):
        self.chosen = chosen
        self.tools = chosen.tools.split(",")
        self.results: list[Result] = []
        self.classes: list[str] = []
        self.versions: dict[str, str] = {}

    def area(self, name: str, escrows: int, requests: int) -> tuple[Bench, landing.Area]:
        folder = (self.chosen.work / name).resolve()
        rates = {name: getattr(self.chosen, name) for name in ("faults", "replays", "bad_lines", "late")}
        print(f"generating {name}", file=sys.stderr)
        area = landing.generate(self.chosen.ttt, folder, escrows, requests, rates)
        return Bench(self.chosen.ttt, self.chosen.threads, folder), area

    def peer_call(self, bench: Bench, tool: str, task: str, **values: str) -> Callable[[], Work]:
        def call() -> Work:
            work, told = tools.PEERS[tool](bench, task, **values)
            self.versions[tool] = told["version"]
            return work

        return call

    def measure(self, task: str, size: str, count: int, rows: int, size_bytes: int, calls: dict) -> None:
        def say(tool: str, work: Work) -> None:
            print(f"{task}, {size}, {tool}: {work.wall_s:.2f} s, {work.peak_mib:.0f} MiB", file=sys.stderr)

        calls = {tool: calls[tool] for tool in self.tools}
        for tool, (work, failure) in measured(self.chosen.runs, calls, say).items():
            self.results.append(Result(task, size, count, rows, size_bytes, tool, work, failure))

    def payments(self, escrows: int) -> None:
        size = f"{escrows:,} escrows"
        bench, area = self.area(f"escrows-{escrows}", escrows, 0)
        size_bytes = bytes_below(area.landing, (".ndjson",))
        sources = {"DuckDB": area.landing}
        if "Polars" in self.tools:
            sources["Polars"] = landing.without_bad_lines(area, bench.folder / "without-bad-lines")
        for source in sources.values():
            warm(source)
        folders = {tool: str(bench.fresh(tool.lower())) for tool in tools.PEERS}
        calls = {
            tool: self.peer_call(bench, tool, "ingest_payments", landing=str(source), folder=folders[tool])
            for tool, source in sources.items()
        }
        calls["ttt"] = lambda: tools.ttt_ingest(bench, area.landing)
        self.measure("ingest payments", size, escrows, area.rows, size_bytes, calls)
        marks = landing.watermarks(area.landing)
        calls = {
            tool: self.peer_call(bench, tool, "reconcile", folder=folders[tool], **marks) for tool in tools.PEERS
        }
        calls["ttt"] = lambda: tools.ttt_reconcile(bench, area.landing)
        self.measure("reconcile", size, escrows, area.rows, size_bytes, calls)
        self.compare(bench, area, size, folders)
        self.clean(bench)

    def compare(self, bench: Bench, area: landing.Area, size: str, folders: dict[str, str]) -> None:
        for result in self.results:
            if (result.task, result.size) != ("reconcile", size) or result.work is None:
                continue
            if result.tool == "ttt":
                classes = bench.folder / "ttt-classes.csv"
                try:
                    tools.ttt_classes(bench, classes)
                except ToolFailed as failure:
                    self.classes.append(f"- {size}, ttt: the classes could not be read: {failure}")
                    continue
            else:
                classes = Path(folders[result.tool]) / "reconciliation.parquet"
            command = [sys.executable, str(HERE / "compare.py"), str(area.key / "reconciliation.csv"), str(classes)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            self.classes += report.comparison(size, result.tool, told)

    def access(self, requests: int) -> None:
        size = f"{requests:,} requests"
        bench, area = self.area(f"requests-{requests}", 0, requests)
        warm(area.landing)
        calls = {
            tool: self.peer_call(
                bench, tool, "ingest_access", landing=str(area.landing), folder=str(bench.fresh(tool.lower()))
            )
            for tool in tools.PEERS
        }
        calls["ttt"] = lambda: tools.ttt_ingest(bench, area.landing)
        self.measure("ingest access", size, requests, area.rows, bytes_below(area.landing, (".log",)), calls)
        self.clean(bench)

    def clean(self, bench: Bench) -> None:
        if not self.chosen.keep:
            shutil.rmtree(bench.folder, ignore_errors=True)

    def text(self) -> str:
        """Everything that was found, as Markdown."""
        command = "python3 " + shlex.join(["benches/night.py", *sys.argv[1:]])
        return "\n".join([
            "# The night beside DuckDB and Polars", "",
            f"Measured on {report.machine(self.chosen.threads, self.versions)}, median of {self.chosen.runs} runs:", "",
            f"    {command}", "",
            *report.table(self.results), "",
            "## Targets", "", *report.targets(self.results), "",
            "## The same work?", "", *(self.classes or ["- nothing was reconciled"]), "",
            "## What the numbers mean", "", report.NOTES,
        ])


def main() -> None:
    night = Night(options())
    for escrows in night.chosen.escrows:
        night.payments(escrows)
    for requests in night.chosen.requests:
        night.access(requests)
    text = night.text()
    print(text)
    if night.chosen.markdown:
        night.chosen.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
