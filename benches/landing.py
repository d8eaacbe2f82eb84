"""The landing areas that all tools read: made by `ttt generate`, split by what is measured."""

import csv
import json
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

DATE = "2026-11-20"
SEED = 7
FILES = 8
PAYMENTS = ("escrow", "wallet", "ledger")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Area:
    """One generated day that holds the sources of one measurement and nothing else."""

    landing: Path
    key: Path
    rows: int
    """Lines that are neither blank nor header, as the manifests say."""


def generate(ttt: str, folder: Path, escrows: int, requests: int, rates: dict[str, float]) -> Area:
    """A day of so many escrows and requests, uncompressed. The only place that knows `ttt generate`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    landing, key, made = folder / "landing", folder / "key", folder / "made"
    options = {
        "out": made, "key": key, "seed": SEED, "from": DATE, "days": 1, "escrows": escrows,
        "subscriptions": escrows // 20, "playbacks": requests // 20, "requests": requests, "nodes": 40,
        "contents": 1000, "files": FILES, "compression": "plain", "faults": rates["faults"],
        "replays": rates["replays"], "bad-lines": rates["bad_lines"], "late": rates["late"],
    }
    flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    subprocess.run([ttt, "generate", *flags], check=True, stdout=subprocess.DEVNULL)
    source = "payments" if escrows else "delivery/access"
    (landing / source).parent.mkdir(parents=True)
    (made / source).rename(landing / source)
    shutil.rmtree(made)
    manifests = [json.loads(path.read_text("utf-8")) for path in landing.rglob("_manifest.json")]
    return Area(landing, key, sum(file["rows"] for manifest in manifests for file in manifest["files"]))


def watermarks(landing: Path) -> dict[str, str]:
    """Up to when each payment source is complete, by its manifest."""
    found = {}
    for source in PAYMENTS:
        manifest = landing / "payments" / source / f"dt={DATE}" / "_manifest.json"
        found[f"{source}_watermark"] = json.loads(manifest.read_text("utf-8"))["watermark"].replace("Z", "+00:00")
    return found


def without_bad_lines(area: Area, folder: Path) -> Path:
    """A copy of the payments without byte-order marks and without the lines that the key says are bad, for a
    reader that would end at them."""
    bad = defaultdict(set)
    with (area.key / "quarantine.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            bad[row["source"], row["source_file"]].add(int(row["source_line"]))
    for path in area.landing.glob("payments/*/*/*.ndjson"):
        copy = folder / path.relative_to(area.landing)
        copy.parent.mkdir(parents=True, exist_ok=True)
        skipped = bad[f"payments/{path.parent.parent.name}", path.name]
        with path.open("rb") as lines, copy.open("wb") as out:
            for number, line in enumerate(lines, 1):
                if number not in skipped:
                    out.write(line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line)
    return folder
