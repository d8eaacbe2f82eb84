"""The reconciliation of a later night, with the open breaks carried on, beside DuckDB doing the same merge.

`python benches/carried.py --help` tells the options; `pip install -r benches/requirements.txt` DuckDB. The nights
before, the ingest and the copies are not timed. Nothing here fails because it was slow: the table is printed.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import report
from landing import PAYMENTS
from measure import Work, median, run, warm
from tools import DONE, Bench, ToolFailed, checked, peer_task

HERE = Path(__file__).parent
FROM = date(2026, 11, 20)
# What the key tells of the other sources is small, so that the payments are what is measured.
AREA = {
    "seed": 7, "from": FROM, "playbacks": 100, "requests": 100, "contents": 10, "nodes": 5, "files": 8,
    "compression": "plain",
}  # fmt: skip
PARTS = ("keys", "rows", "classes", "breaks")

NOTES = """\
Every number is of a whole process, but for DuckDB without its interpreter's start and its import. Wall and processor
time are medians, the peak is the highest. Both were held to the same processors, and found their files in the page
cache. What the nights before left was made by the same tool, by the same code.

Both decide which escrows are tonight's, judge them over all that landed up to tonight, write the night's classes,
merge the breaks (new, still open, closed, come back, with when they were first and last seen) and sum them by class
and currency so that opening + new - closed = closing, in count and amount.

DuckDB finds replays and conflicts across all days first (`keys`), which ttt's ingest has done by then: its time is told
with and without it. Of the days before, DuckDB looks up tonight's keys in the key columns, tonight's ids among the
escrows that were judged, and reads the rows of those that need it alone.

Where DuckDB differs from the key, its ingest does: it takes lines that the contract refuses, of which those with a good
line's key contest that key for ever, and it loses the first line of a file that begins with a byte-order mark.

ttt does beside this, in the same time: the ledger's hash chain and sequence from the last head on, with a Merkle root
of the night; control totals; the batch findings as breaks; flags, expected and actual amounts, party aliases, other
fee schedules; the facts of what is unfinished for the next night; resolutions by hand; the row that closed a break; an
event for each change; commits to Delta tables. The amount of DuckDB's break is the escrow's gross, ttt's is what is at
stake."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--escrows", type=int, default=1_000_000, help="escrows of a day")
    parser.add_argument("--nights", type=int, default=3, help="the last of which is measured")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the area")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--faults", type=float, default=0.01, help="share of the tips with a planted fault")
    parser.add_argument("--replays", type=float, default=0.002, help="share of the rows that arrive twice")
    parser.add_argument("--bad-lines", type=float, default=0.001, help="lines to quarantine for each good line")
    parser.add_argument("--late", type=float, default=0.01, help="share of the tips with a late row")
    parser.add_argument("--keep", action="store_true", help="keep the area and what the tools wrote")
    parser.add_argument("--markdown", type=Path, help="write the results to this file too")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    if chosen.nights < 2:
        parser.error("--nights must be at least 2: the first carries nothing")
    return chosen


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Carried:
    """One run of the benchmark: an area of some days, and what each tool makes of the last."""

    def __init__(self, chosen: argparse.Namespace):
        self.chosen = chosen
        self.days = [(FROM + timedelta(days=place)).isoformat() for place in range(chosen.nights)]
        self.folder = (chosen.work / f"carried-{chosen.escrows}").resolve()
        self.landing, self.key = self.folder / "landing", self.folder / "key"
        self.before, self.after = self.folder / "ttt-before", self.folder / "ttt-after"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.bench = Bench(chosen.ttt, chosen.threads, self.folder)
        self.peer = self.bench.fresh("duckdb")
        self.version = ""

    def generate(self) -> None:
        values = AREA | {
            "out": self.landing, "key": self.key, "days": self.chosen.nights, "escrows": self.chosen.escrows,
            "subscriptions": self.chosen.escrows // 20, "faults": self.chosen.faults,
            "replays": self.chosen.replays, "bad-lines": self.chosen.bad_lines, "late": self.chosen.late,
        }  # fmt: skip
        flags = [text for name, value in values.items() for text in (f"--{name}", str(value))]
        checked(run(self.bench.ttt_command("generate", *flags, "--quiet"), self.chosen.threads))

    def ttt(self, job: str, day: str, warehouse: Path) -> Work:
        places = ("--landing", str(self.landing), "--warehouse", str(warehouse))
        command = self.bench.ttt_command("run", job, "--date", day, *places, "--quiet")
        process = checked(run(command, self.chosen.threads), DONE)
        return Work(process.wall_s, process.cpu_s, process.peak_mib, 0)

    def ttt_night(self) -> Work:
        """The whole process, on a copy of what the ingest left, so that each run is the first."""
        shutil.rmtree(self.after, ignore_errors=True)
        shutil.copytree(self.before, self.after)
        warm(self.after)
        return self.ttt("reconcile", self.days[-1], self.after)

    def duckdb_ingest(self, day: str) -> None:
        folder = self.peer / day
        folder.mkdir()
        values = {"landing": str(self.landing), "folder": str(folder), "date": day}
        peer_task(self.bench, "duckdb", "ingest_payments", threads=str(self.chosen.threads), **values)

    def duckdb_night(self, day: str) -> tuple[Work, dict]:
        marks = {f"{source}_watermark": self.watermark(source, day) for source in PAYMENTS}
        values = {"folder": str(self.peer), "date": day, "threads": str(self.chosen.threads)}
        work, told = peer_task(self.bench, "carried", "night", **values, **marks)
        self.version = told["version"]
        return work, told

    def watermark(self, source: str, day: str) -> str:
        manifest = self.landing / "payments" / source / f"dt={day}" / "_manifest.json"
        return json.loads(manifest.read_text("utf-8"))["watermark"].replace("Z", "+00:00")

    def prepare(self) -> None:
        """Everything that is not timed."""
        say(f"generating {self.chosen.nights} days of {self.chosen.escrows:,} escrows")
        self.generate()
        for day in self.days:
            is_last = day == self.days[-1]
            say(f"{day}: {'ingest' if is_last else 'a night'}, ttt and DuckDB")
            self.ttt("ingest", day, self.before)
            self.duckdb_ingest(day)
            if not is_last:
                self.ttt("reconcile", day, self.before)
                self.duckdb_night(day)

    def measure(self) -> tuple[Work, Work, dict[str, float]]:
        """The medians of both, and DuckDB's parts of the last run. The tools take turns."""
        ours, theirs, told = [], [], {}
        warm(self.peer)
        for _ in range(self.chosen.runs):
            ours.append(self.ttt_night())
            say(f"ttt: {ours[-1].wall_s:.2f} s, {ours[-1].peak_mib:.0f} MiB")
            work, told = self.duckdb_night(self.days[-1])
            theirs.append(work)
            say(f"DuckDB: {work.wall_s:.2f} s, {work.peak_mib:.0f} MiB")
        return median(ours), median(theirs), {part: told[f"{part}_s"] for part in PARTS}

    def ttt_wrote(self) -> list[Path]:
        """The night's classes, breaks and totals of ttt, as CSV."""
        night = f"WHERE dt = DATE '{self.days[-1]}'"
        queries = {
            "classes": f"SELECT escrow_id, class, subcode FROM silver.reconciliation {night}",
            "breaks": "SELECT class, subcode, escrow_id, first_seen, last_seen, closed_on, status FROM silver.breaks",
            "totals": "SELECT class, opening_count, new_count, closed_count, closing_count, holds "
            f"FROM silver.break_totals {night}",
        }
        paths = []
        for name, query in queries.items():
            command = self.bench.ttt_command("sql", "--warehouse", str(self.after), "--format", "csv", query)
            paths.append(self.folder / f"ttt-{name}.csv")
            paths[-1].write_text(checked(run(command, self.chosen.threads)).output, encoding="utf-8")
        return paths

    def agreement(self, tool: str, paths: list[Path], has_batch: bool) -> list[str]:
        """What of a tool's night is as the key has it."""
        values = dict(zip(("classes", "breaks", "totals"), map(str, paths)))
        _, told = peer_task(self.bench, "carried", "agree", key=str(self.key), date=self.days[-1], **values)
        lines = report.comparison(f"night {self.chosen.nights}", tool, told)
        for what, names in (("escrow", "breaks of escrows"), ("batch", "breaks of batches")):
            if what == "batch" and not has_batch:
                continue
            found, totals = told[f"{what}_breaks"], told[f"{what}_totals"]
            lines.append(
                f"    - {names} after the night: {found['agreeing']:,} agree in every column, {found['key_alone']:,}"
                f" are only in the key, {found['said_alone']:,} only here; totals of {totals['agreeing']} of"
                f" {totals['of']} classes agree"
            )
        lines.append(f"    - totals where opening + new - closed is not closing: {told['broken_totals']}")
        return lines

    def text(self, ours: Work, theirs: Work, parts: dict[str, float]) -> str:
        """Everything that was found, as Markdown."""
        command = "python3 " + shlex.join(["benches/carried.py", *sys.argv[1:]])
        without_keys_s = theirs.wall_s - parts["keys"]
        rows = [
            ("tool", "wall s", "CPU s", "peak MiB", "ttt is faster"),
            ("ttt", f"{ours.wall_s:.2f}", f"{ours.cpu_s:.2f}", f"{ours.peak_mib:,.0f}", ""),
            (
                "DuckDB", f"{theirs.wall_s:.2f}", f"{theirs.cpu_s:.2f}", f"{theirs.peak_mib:,.0f}",
                f"{theirs.wall_s / ours.wall_s:.2f} ×",
            ),
            ("DuckDB without `keys`", f"{without_keys_s:.2f}", "", "", f"{without_keys_s / ours.wall_s:.2f} ×"),
        ]  # fmt: skip
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        cells = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
        cells.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
        wrote = [self.peer / self.days[-1] / f"{name}.parquet" for name in
                 ("reconciliation", "breaks", "break_totals")]  # fmt: skip
        return "\n".join([
            "# A later night, its breaks carried on, beside DuckDB", "",
            f"Reconciliation of night {self.chosen.nights}, {self.chosen.escrows:,} escrows a day, measured on "
            f"{report.machine(self.chosen.threads, {'DuckDB': self.version})}, median of {self.chosen.runs} runs:", "",
            f"    {command}", "",
            *(f"| {' | '.join(row)} |" for row in cells), "",
            "DuckDB's parts: " + ", ".join(f"{part} {seconds:.2f} s" for part, seconds in parts.items()) + ".", "",
            "## The same work?", "",
            *self.agreement("ttt", self.ttt_wrote(), True), *self.agreement("DuckDB", wrote, False), "",
            "## What the numbers mean", "", NOTES, "",
        ])  # fmt: skip


def main() -> None:
    chosen = options()
    carried = Carried(chosen)
    try:
        carried.prepare()
        text = carried.text(*carried.measure())
    except ToolFailed as failure:
        sys.exit(str(failure))
    finally:
        if not chosen.keep:
            shutil.rmtree(carried.folder, ignore_errors=True)
    print(text)
    if chosen.markdown:
        chosen.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
