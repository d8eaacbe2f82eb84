"""`ttt run reports`: creators' reports a second, every format, from released days of many creators.

`python benches/reports.py --help` tells the options. The warehouse is written here, by `deltalake` from PyPI: released
rows of every metric, statements, titles and the ledger that says that the rows are released. Three runs are timed, each a
whole process: into an empty folder, again with nothing changed, and each format by itself.
"""

import argparse
import datetime
import decimal
import json
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy
import pyarrow as pa
from deltalake import write_deltalake

from measure import run

UTC = "UTC"
TOTAL = pa.decimal128(38, 9)
LANDED = [
    ("conflict", pa.bool_()), ("key_hash", pa.int64()), ("payload_hash", pa.int64()), ("source_file", pa.string()),
    ("source_line", pa.int64()), ("ingested_at", pa.timestamp("us", UTC)), ("dt", pa.date32()),
]
RENDITION = pa.struct([
    ("codec", pa.string()), ("width", pa.int64()), ("height", pa.int64()), ("framerate", pa.float64()),
    ("peak_kbps", pa.int64()), ("bytes", pa.int64()),
])
INSIGHTS = pa.schema(
    [(name, pa.string()) for name in ("creator", "category", "metric", "dimension", "key")]
    + [("value", TOTAL), ("unit", pa.string()), ("noise_sigma", TOTAL), ("value_low", TOTAL), ("value_high", TOTAL)]
    + [("policy", pa.string()), ("release_id", pa.string()), ("dt", pa.date32())]
)
STATEMENTS = pa.schema(
    [(name, pa.string()) for name in ("creator", "type", "currency", "standing", "reason")]
    + [("count", pa.int64())]
    + [(name, TOTAL) for name in ("gross", "platform_fee", "processing_fee", "other_fees", "net")]
    + [("dt", pa.date32())]
)
CONTENTS = pa.schema([
    ("content_id", pa.string()), ("creator", pa.string()), ("title", pa.string()), ("duration_ms", pa.int64()),
    ("published_at", pa.timestamp("us", UTC)), ("visibility", pa.string()), ("renditions", pa.list_(RENDITION)), *LANDED,
])
LEDGER = pa.schema([
    ("release_id", pa.string()), ("unit", pa.string()), ("event", pa.string()), ("day", pa.date32()),
    ("month", pa.string()), ("nano_rho", pa.int64()), ("nano_rho_spent", pa.int64()), ("nano_rho_budget", pa.int64()),
    ("femto_delta", pa.int64()), ("policy", pa.string()), ("counted_until", pa.string()), ("rows", pa.int64()),
    ("sha256", pa.string()), ("files", pa.string()), ("at", pa.timestamp("us", UTC)),
])
ENGAGEMENT = ("views", "watch_seconds", "completions", "likes", "comments", "shares", "follows")
BREAKDOWNS = {
    "region": ("eu-central", "eu-west", "us-east", "us-west", "other"),
    "device_class": ("PHONE", "TABLET", "DESKTOP", "TV"),
    "language": ("ar", "de", "en", "es", "other"),
    "referrer": ("FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"),
    "hour": tuple(f"{hour:02}" for hour in range(24)),
}


def names(videos: int) -> list[tuple[str, str, str, str]]:
    """Category, metric, dimension and key of a creator's day; a video's key is its number."""
    found = [("engagement", metric, "total", "total") for metric in ENGAGEMENT]
    found += [("audience", metric, "total", "total") for metric in ("unique_viewers", "returning_viewers")]
    for dimension, keys in BREAKDOWNS.items():
        found += [("audience", "viewers", dimension, key) for key in keys]
    found += [("content", metric, "content", str(video)) for video in range(videos) for metric in ENGAGEMENT]
    return found + [("revenue", "tippers", "total", "total")]


def decimals(values: numpy.ndarray, kind: pa.DataType = TOTAL) -> pa.Array:
    return pa.array(values).cast(pa.decimal128(20, 0)).cast(kind)


def of_day(dt: datetime.date, creators: list[str], videos: int, random: numpy.random.Generator) -> pa.Table:
    listed = names(videos)
    count, rows = len(creators), len(creators) * len(listed)
    values = random.integers(50, 5_000, rows)
    repeated = lambda texts: pa.array(list(texts) * count)
    keys = [
        f"co_{creator}_{key}" if dimension == "content" else key
        for creator in range(count) for _, _, dimension, key in listed
    ]
    columns = [
        pa.array(numpy.repeat(numpy.array(creators, dtype=object), len(listed))),
        repeated(name[0] for name in listed), repeated(name[1] for name in listed),
        repeated(name[2] for name in listed), pa.array(keys), decimals(values), repeated(["count"] * len(listed)),
        decimals(numpy.full(rows, 10)), decimals(numpy.maximum(values - 20, 0)), decimals(values + 20),
        repeated(["5eed"] * len(listed)), repeated([f"release-{dt}"] * len(listed)), pa.array([dt] * rows),
    ]
    return pa.table(columns, schema=INSIGHTS)


def warehouse(folder: Path, creators: int, days: int, videos: int) -> int:
    """Writes the tables; gives the released rows."""
    random = numpy.random.default_rng(5)
    dids = [f"did:key:z6MkBench{number:08}" for number in range(creators)]
    put = lambda name, table, by: write_deltalake(
        str(folder / name), table, mode="append", partition_by=["dt"] if by else None
    )
    rows = 0
    first = datetime.date(2026, 11, 1)
    for day in range(days):
        dt = first + datetime.timedelta(days=day)
        table = of_day(dt, dids, videos, random)
        rows += len(table)
        put("gold/creator_insights_daily", table, True)
        amount = lambda text: pa.array([decimal.Decimal(text)] * creators, TOTAL)
        text = lambda word: pa.array([word] * creators)
        statement = [
            pa.array(dids), text("TIP"), text("USD"), text("SETTLED"), text("MATCHED"), pa.array([3] * creators),
            amount("37.50"), amount("1.89"), amount("1.08"), amount("0"), amount("34.53"), pa.array([dt] * creators),
        ]
        put("gold/creator_statement_daily", pa.table(statement, schema=STATEMENTS), True)
        settled = {name: [None] for name in LEDGER.names}
        settled |= {"release_id": [f"release-{dt}"], "unit": ["viewer_month"], "event": ["RELEASED"]}
        put("ops/privacy_ledger", pa.table(settled, schema=LEDGER), False)
    contents = {name: [None] * (creators * videos) for name in CONTENTS.names}
    contents["content_id"] = [f"co_{creator}_{video}" for creator in range(creators) for video in range(videos)]
    contents["creator"] = [did for did in dids for _ in range(videos)]
    contents["title"] = [f"Video {video} — مرحبا 🎉" for _ in dids for video in range(videos)]
    contents["dt"] = [first] * (creators * videos)
    put("bronze/contents", pa.table(contents, schema=CONTENTS), True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttt", default="target/release/ttt", help="the program, built with --release")
    parser.add_argument("--creators", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=7, help="days of the month that are released")
    parser.add_argument("--videos", type=int, default=10, help="videos of each creator")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--formats", default="html,csv,json,parquet,pdf")
    parser.add_argument("--folder", type=Path, help="where the warehouse is written [default: a temporary folder]")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="ttt-reports-"))
    rows = warehouse(folder / "warehouse", arguments.creators, arguments.days, arguments.videos)
    print(f"{arguments.creators} creators, {arguments.days} days, {rows} released rows, {arguments.threads} threads")
    formats = arguments.formats.split(",")
    last = datetime.date(2026, 11, 1) + datetime.timedelta(days=arguments.days - 1)

    def export(name: str, chosen: list[str], fresh: bool) -> tuple[float, float, int]:
        out = folder / f"out-{'-'.join(chosen)}"
        if fresh:
            shutil.rmtree(out, ignore_errors=True)
        config = folder / f"{name}.toml"
        config.write_text(f"threads = {arguments.threads}\n[reports]\nout = {json.dumps(str(out))}\nformats = {json.dumps(chosen)}\n")
        command = [
            arguments.ttt, "run", "reports", "--date", str(last), "--warehouse", str(folder / "warehouse"),
            "--config", str(config),
        ]
        process = run(command, arguments.threads)
        if process.code != 0:
            raise SystemExit(process.errors)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        rate = arguments.creators / process.wall_s
        print(
            f"{name:>22}: {rate:8.0f} reports/s, {process.wall_s:7.2f} s, {process.cpu_s:7.2f} s of processor, "
            f"{process.peak_mib:6.0f} MiB at most, {size / 1e6:8.1f} MB in {len(chosen)} formats"
        )
        return process.wall_s, process.peak_mib, size

    times = [export("all formats", formats, True)[0] for _ in range(arguments.repeats)]
    print(f"{'median':>22}: {arguments.creators / statistics.median(times):8.0f} reports/s")
    export("nothing changed", formats, False)
    for chosen in formats:
        export(chosen, [chosen], True)
        shutil.rmtree(folder / f"out-{chosen}", ignore_errors=True)
    if arguments.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
