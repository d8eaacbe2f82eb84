"""What the ninetieth night costs beside the fifth: one process a night, over one warehouse that grows.

`python benches/nights.py --help` tells the options. The work of a night is to follow what changed, not the whole
history; the target is 1.3 times. Rows scanned are those that the night's models have read, as `ttt status` has them.

All nights are run, and the warehouse is copied before the first of those that are measured, early and late; the
measured nights are then run on the copies. `--stage prepare` does the first alone and `--stage time` the second, so
that on a machine that is shared only the second need have it alone.
"""

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path

from measure import run
from tools import DONE

HERE = Path(__file__).parent
RATIO_MAX = 1.3
# Nights on either side of the one that is measured: a single one is at the mercy of the machine.
AROUND = 2


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=92, help="days that are generated")
    parser.add_argument("--early", type=int, default=5, help="the night to compare with")
    parser.add_argument("--late", type=int, default=90, help="the night that is compared")
    # The last night of a month also writes that month's reports. With this day none is among those that are measured.
    parser.add_argument("--start", default="2026-01-10", help="the first day")
    parser.add_argument("--escrows", type=int, default=20_000, help="escrows of a day")
    parser.add_argument("--contents", type=int, default=100, help="contents of a day")
    # A report tells of a creator's newest 30 contents. In a world that begins with nobody, reports would grow from night
    # to night until all have so many, whatever the history costs; so many let nearly all have them from the first day on.
    parser.add_argument("--archived", type=int, default=60_000, help="contents of the years before")
    parser.add_argument("--faults", type=float, default=0.002, help="share of the tips with a planted fault")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for areas")
    parser.add_argument("--turns", type=int, default=3, help="how often the measured nights are run")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--stage", choices=("all", "prepare", "time"), default="all")
    parser.add_argument("--keep", action="store_true", help="keep the area and the warehouse")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    if not AROUND < chosen.early < chosen.late <= chosen.nights - AROUND:
        parser.error(f"--early and --late need {AROUND} nights on either side, among --nights")
    return chosen


def generate(chosen: argparse.Namespace, landing: Path) -> None:
    command = [
        chosen.ttt, "generate", "--out", str(landing), "--from", chosen.start, "--days", str(chosen.nights),
        "--escrows", str(chosen.escrows), "--subscriptions", str(chosen.escrows // 100), "--playbacks", "100",
        "--requests", "100", "--contents", str(chosen.contents), "--archived", str(chosen.archived), "--nodes", "5", "--files", "1",
        "--faults", str(chosen.faults), "--late", "0.01", "--replays", "0.002", "--bad-lines", "0.001", "--quiet",
    ]  # fmt: skip
    process = run(command, chosen.threads)
    if process.code != 0:
        sys.exit(process.errors)


def link_or_copy(source: str, place: str) -> None:
    """What never changes is linked: copying a gigabyte takes the memory that the next night would be given at once."""
    if source.endswith((".parquet", ".json")):
        os.link(source, place)
    else:
        shutil.copy2(source, place)


def copy(warehouse: Path, place: Path) -> None:
    """Without the reports, which no night reads: they are hundreds of thousands of files."""
    shutil.copytree(warehouse, place, ignore=shutil.ignore_patterns("reports"), copy_function=link_or_copy)


class Nights:
    """The area, the nights over it, and the copies of the warehouse from which the measured nights start."""

    def __init__(self, chosen: argparse.Namespace):
        self.chosen = chosen
        self.folder = chosen.work / f"nights-{chosen.escrows}"
        self.landing, self.config = self.folder / "landing", self.folder / "empty.toml"
        self.firsts = [chosen.early - AROUND, chosen.late - AROUND]

    def copy(self, first: int) -> Path:
        return self.folder / f"before-{first}"

    def days(self) -> list[str]:
        return sorted(path.name.removeprefix("dt=") for path in (self.landing / "payments/escrow").iterdir())

    def night(self, day: str, warehouse: Path):
        command = [
            self.chosen.ttt, "run", "nightly", "--date", day, "--landing", str(self.landing),
            "--warehouse", str(warehouse), "--config", str(self.config), "--quiet",
        ]  # fmt: skip
        process = run(command, self.chosen.threads)
        if process.code not in DONE:
            sys.exit(f"{day}: exit code {process.code}\n{process.errors}")
        return process

    def prepare(self) -> None:
        """Runs all nights up to the late ones, and leaves the copies."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config.touch()
        generate(self.chosen, self.landing)
        warehouse = self.folder / "warehouse"
        for place, day in enumerate(self.days()[: self.firsts[1] - 1], start=1):
            if place == self.firsts[0]:
                copy(warehouse, self.copy(place))
            process = self.night(day, warehouse)
            if place % 10 == 0 or place == self.chosen.early:
                print(f"night {place}: {process.wall_s:.2f} s, {process.cpu_s:.2f} CPU s", flush=True)
        warehouse.rename(self.copy(self.firsts[1]))

    def measured(self, first: int, turn: int) -> dict[str, list[float]]:
        """The nights from one on, by the name of each measure."""
        warehouse = self.folder / f"measured-{first}-{turn}"
        shutil.rmtree(warehouse, ignore_errors=True)
        copy(self.copy(first), warehouse)
        days = self.days()[first - 1 : first + 2 * AROUND]
        work = [self.night(day, warehouse) for day in days]
        for day, process in zip(days, work):
            print(f"{day}: {process.wall_s:.2f} s, {process.cpu_s:.2f} CPU s", file=sys.stderr, flush=True)
        query = (
            "SELECT day, sum(attempts.rows_in) AS rows FROM ops.runs AS runs INNER JOIN ops.job_attempts AS attempts "
            f"ON attempts.run_id = runs.run_id WHERE attempts.step NOT LIKE 'ingest%' AND day >= DATE '{days[0]}' "
            "GROUP BY day ORDER BY day"
        )
        command = [
            self.chosen.ttt, "sql", "--warehouse", str(warehouse), "--config", str(self.config),
            "--format", "csv", query,
        ]  # fmt: skip
        asked = run(command, self.chosen.threads)
        if asked.code != 0:
            sys.exit(asked.errors)
        return {
            "wall s": [process.wall_s for process in work],
            "CPU s": [process.cpu_s for process in work],
            "peak MiB": [process.peak_mib for process in work],
            "rows scanned": [int(line.split(",")[1]) for line in asked.output.splitlines()[1:]],
        }

    def medians(self) -> tuple[dict[str, float], dict[str, float]]:
        """Of the early nights and of the late ones, measured in turns."""
        turns = [[self.measured(first, turn) for first in self.firsts] for turn in range(self.chosen.turns)]
        # Only now: a file system looks long for a place where much was just taken away.
        for place in self.folder.glob("measured-*"):
            shutil.rmtree(place)
        early, late = (
            {name: statistics.median(sum((turn[name] for turn in nights), [])) for name in nights[0]}
            for nights in zip(*turns)
        )
        return early, late


def main() -> None:
    chosen = options()
    nights = Nights(chosen)
    if chosen.stage != "time":
        nights.prepare()
    if chosen.stage == "prepare":
        return
    early, late = nights.medians()
    print(f"\n{chosen.escrows:,} escrows a day; medians of {2 * AROUND + 1} nights around each, {chosen.turns} times in turns\n")
    print(f"| measure      | night {chosen.early:>4} | night {chosen.late:>4} | ratio |")
    print("| ------------ | ---------: | ---------: | ----: |")
    for name in early:
        print(f"| {name:<12} | {early[name]:>10,.2f} | {late[name]:>10,.2f} | {late[name] / early[name]:>5.2f} |")
    ratio = late["CPU s"] / early["CPU s"]
    print(f"\n{'pass' if ratio <= RATIO_MAX else 'MISS'}: processor time at most {RATIO_MAX} times: {ratio:.2f}")
    if not chosen.keep:
        shutil.rmtree(nights.folder)


if __name__ == "__main__":
    main()
