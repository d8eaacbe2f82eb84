"""What the ninetieth night costs beside the fifth: one process a night, over one warehouse that grows.

`python benches/nights.py --help` tells the options. The work of a night is to follow what changed, not the whole
history; the target is 1.3 times. Rows scanned are those that the night's models have read, as `ttt status` has them.
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
    parser.add_argument("--nights", type=int, default=92)
    parser.add_argument("--early", type=int, default=5, help="the night to compare with")
    parser.add_argument("--late", type=int, default=90, help="the night that is compared")
    parser.add_argument("--escrows", type=int, default=20_000, help="escrows of a day")
    parser.add_argument("--faults", type=float, default=0.002, help="share of the tips with a planted fault")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for areas")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the area and the warehouse")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    if not AROUND < chosen.early < chosen.late <= chosen.nights - AROUND:
        parser.error(f"--early and --late need {AROUND} nights on either side, among --nights")
    return chosen


def generate(chosen: argparse.Namespace, landing: Path) -> None:
    command = [
        chosen.ttt, "generate", "--out", str(landing), "--from", "2026-01-01", "--days", str(chosen.nights),
        "--escrows", str(chosen.escrows), "--subscriptions", str(chosen.escrows // 100), "--playbacks", "100",
        "--requests", "100", "--contents", "10", "--nodes", "5", "--files", "1", "--faults", str(chosen.faults),
        "--late", "0.01", "--replays", "0.002", "--bad-lines", "0.001", "--quiet",
    ]  # fmt: skip
    process = run(command, chosen.threads)
    if process.code != 0:
        sys.exit(process.errors)


def main() -> None:
    chosen = options()
    folder = chosen.work / f"nights-{chosen.escrows}"
    landing, warehouse = folder / "landing", folder / "warehouse"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = folder / "empty.toml"
    config.touch()
    generate(chosen, landing)
    days = sorted(path.name.removeprefix("dt=") for path in (landing / "payments/escrow").iterdir())
    work = []
    for place, day in enumerate(days, start=1):
        command = [
            chosen.ttt, "run", "nightly", "--date", day, "--landing", str(landing), "--warehouse", str(warehouse),
            "--config", str(config), "--quiet",
        ]  # fmt: skip
        process = run(command, chosen.threads)
        if process.code not in DONE:
            sys.exit(f"{day}: exit code {process.code}\n{process.errors}")
        work.append(process)
        if place % 10 == 0 or place == chosen.early:
            print(f"night {place}: {process.wall_s:.2f} s, {process.cpu_s:.2f} CPU s, {process.peak_mib:.0f} MiB", flush=True)
    query = (
        "SELECT day, sum(attempts.rows_in) AS rows FROM ops.runs AS runs INNER JOIN ops.job_attempts AS attempts "
        "ON attempts.run_id = runs.run_id WHERE attempts.step NOT LIKE 'ingest%' GROUP BY day ORDER BY day"
    )
    asked = run(
        [chosen.ttt, "sql", "--warehouse", str(warehouse), "--config", str(config), "--format", "csv", query],
        chosen.threads,
    )
    scanned = [int(line.split(",")[1]) for line in asked.output.splitlines()[1:]]

    def around(values: list[float], night: int) -> float:
        return statistics.median(values[night - 1 - AROUND : night + AROUND])

    measures = {
        "wall s": [process.wall_s for process in work],
        "CPU s": [process.cpu_s for process in work],
        "peak MiB": [process.peak_mib for process in work],
        "rows scanned": scanned,
    }
    print(f"\n{chosen.escrows:,} escrows a day; medians of {2 * AROUND + 1} nights around each\n")
    print(f"| measure      | night {chosen.early:>4} | night {chosen.late:>4} | ratio |")
    print("| ------------ | ---------: | ---------: | ----: |")
    for name, values in measures.items():
        early, late = around(values, chosen.early), around(values, chosen.late)
        print(f"| {name:<12} | {early:>10,.2f} | {late:>10,.2f} | {late / early:>5.2f} |")
    ratio = around(measures["CPU s"], chosen.late) / around(measures["CPU s"], chosen.early)
    print(f"\n{'pass' if ratio <= RATIO_MAX else 'MISS'}: processor time at most {RATIO_MAX} times: {ratio:.2f}")
    if not chosen.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
