"""`ttt verify` in entries a second, beside the plain SHA-256 rate of one core over the same bytes.

`python benches/verify.py --help` tells the options. The ledger is generated without faults, so that all of it must
hold. What is hashed plainly are the contents of the same entries, made from the landed lines before the clock runs.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import sys
import time
from pathlib import Path

import landing
import report
from measure import Process, run
from tools import Bench, checked

HERE = Path(__file__).parent
CLEAN = {"faults": 0, "replays": 0, "bad_lines": 0, "late": 0}
JOB = """\
name = "ledger"
about = "The ledger alone"
[[step]]
name = "ingest"
run = "ingest"
sources = ["payments/ledger"]
[[step]]
name = "ledger"
run = "ledger"
needs = ["ingest"]
"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--escrows", type=int, default=1_000_000, help="escrows of the day")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--work", type=Path, default=HERE.parent / "target/bench", help="folder for the area")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the area and the warehouse")
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def content(entry: dict) -> bytes:
    """The text that an entry's hash is over, by the contract."""
    metadata = entry["metadata"]
    lines = [
        entry["prev_hash"], str(entry["sequence"]), entry["entry_id"], entry["type"], entry["escrow_id"],
        entry["transaction"] or "", str(metadata["timestamp"]), metadata.get("visibility") or "",
    ]
    for posting in entry["postings"]:
        lines.append("|".join([posting["account"], posting["party"] or "", posting["amount"], posting["currency"]]))
    return "\n".join(lines).encode()


def contents(area: Path) -> list[bytes]:
    """Every entry's content; each must give the hash that the entry states."""
    found = []
    for path in sorted((area / "payments" / "ledger").rglob("*.ndjson")):
        with path.open(encoding="utf-8-sig") as lines:
            entries = [json.loads(line) for line in lines if line.strip()]
        for entry in entries:
            found.append(content(entry))
            if hashlib.sha256(found[-1]).hexdigest() != entry["hash"]:
                sys.exit(f"{path}: {entry['entry_id']} has another content than its hash says")
    return found


def plainly(texts: list[bytes], runs: int) -> float:
    """Seconds to hash them all on one core, the median of the runs."""
    sha256, taken = hashlib.sha256, []
    for _ in range(runs):
        begin = time.perf_counter()
        for text in texts:
            sha256(text).digest()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def night(bench: Bench, area: Path, warehouse: Path) -> Process:
    jobs = bench.fresh("jobs")
    (jobs / "ledger.toml").write_text(JOB, encoding="utf-8")
    command = bench.ttt_command(
        "run", "ledger", "--quiet", "--date", landing.DATE, "--landing", str(area), "--warehouse", str(warehouse)
    )
    return checked(run(command, bench.threads, {"TTT_JOBS": str(jobs)}))


def verify(bench: Bench, warehouse: Path, entries: int) -> Process:
    process = checked(run(bench.ttt_command("verify", "--json", "--warehouse", str(warehouse)), bench.threads))
    told = json.loads(process.output)
    if not told["holds"] or told["entries"] != entries or told["signed_by"] is None:
        sys.exit(f"{entries} entries were generated, and the recheck says: {process.output}")
    return process


def main() -> None:
    chosen = options()
    folder = (chosen.work / f"verify-{chosen.escrows}").resolve()
    print(f"generating {folder}", file=sys.stderr)
    area = landing.generate(chosen.ttt, folder, chosen.escrows, 0, CLEAN)
    bench = Bench(chosen.ttt, chosen.threads, folder)
    texts = contents(area.landing)
    size_mb = sum(map(len, texts)) / report.MEGABYTE
    warehouse = bench.fresh("warehouse")
    signed = night(bench, area.landing, warehouse)
    plain_s = plainly(texts, chosen.runs)
    entries = len(texts)
    checks = [verify(bench, warehouse, entries) for _ in range(chosen.runs)]
    wall_s = statistics.median(check.wall_s for check in checks)
    cpu_s = statistics.median(check.cpu_s for check in checks)
    peak_mib = max(check.peak_mib for check in checks)
    machine = report.machine(chosen.threads, {"Python": platform.python_version()})
    print(f"{machine}, median of {chosen.runs} runs")
    print(f"{entries:,} entries, {size_mb:,.0f} MB of content; ingested and signed in {signed.wall_s:.2f} s")
    print(f"ttt verify, the whole process: {wall_s:.2f} s, {cpu_s:.2f} s of processor, {peak_mib:,.0f} MiB")
    print(f"  {entries / wall_s:,.0f} entries a second, {size_mb / wall_s:,.0f} MB/s")
    print(f"plain SHA-256 of one core, hashlib: {plain_s:.2f} s")
    print(f"  {entries / plain_s:,.0f} entries a second, {size_mb / plain_s:,.0f} MB/s")
    print(f"ratio: {plain_s / wall_s:.2f} of the plain rate")
    if not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
