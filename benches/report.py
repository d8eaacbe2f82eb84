"""The results as text: one table, the comparison of classes, the targets, and what the peers do not do."""

import os
from dataclasses import dataclass
from pathlib import Path

from measure import Work

MEGABYTE = 1_000_000
INGEST_TARGET, RECONCILE_TARGET = 3.0, 2.0
JSON_TARGET, PEAK_TARGET_MIB, GROWTH_TARGET = 300.0, 1024.0, 1.1

NOTES = """\
Every number is of a whole process. From a peer's wall and processor time its interpreter's start and its import
are taken off (`start s`); nothing is taken off ttt's. The wall and processor times are medians, the peak is the
highest. MB are 10^6 bytes of the lines as they landed; for `reconcile` the lines that the judged rows came from.
All tools were held to the same processors and threads, and found their files in the page cache.

ttt's ingest checks every line by the contract, quarantines with reason and raw line, hashes keys and payloads,
drops replays, marks conflicts, checks manifests and control totals and commits to Delta tables. The peers write
plain Parquet with the same columns and types, but for the columns that carry this (`conflict`, the hashes,
`source_line`, `ingested_at`).

DuckDB's ingest does not: look for keys that arrive twice; give a reason for a refused row, or keep its line (its
JSON reader gives nulls for whatever it cannot read, without a word; a row of which a needed value is null is
flagged, that is its table of rejects; its CSV reader does give reasons); read JSON numbers by their digits (they
pass through a float); see digits beyond a currency's exponent, unknown currencies, bad DIDs, keys twice in an
object; read the first line of a file that begins with a byte-order mark; read access logs by the names in
`#Fields` (it takes the usual order for granted).
Polars' ingest does not do these either, has no table of rejects for access logs and no percent-decoding but of
ASCII. Its JSON reader ends at a byte-order mark and at any line that is no JSON: it was given a copy without bad
lines, which is less to read.

The peers' reconciliation finds replays and conflicts first, which ttt's ingest has done by then. It gives class
and subcode, and not: flags, expected and actual amounts, party aliases, other fee schedules, breaks across nights,
the ledger's chain, control totals, Delta commits.
"""


@dataclass(frozen=True)
class Result:
    """One tool on one task and size."""

    task: str
    size: str
    count: int
    """The escrows or requests that the size stands for."""
    rows: int
    input_bytes: int
    tool: str
    work: Work | None
    failure: str = ""

    @property
    def megabytes_a_second(self) -> float:
        return self.input_bytes / MEGABYTE / self.work.wall_s

    @property
    def megabytes_a_core_second(self) -> float:
        return self.input_bytes / MEGABYTE / self.work.cpu_s


HEADER = (
    "task", "day", "rows", "MB", "tool", "wall s", "CPU s", "start s", "MB/s", "MB/s a core", "peak MiB",
    "ttt is faster",
)


def cells(result: Result, ours: Result | None) -> tuple[str, ...]:
    place = (result.task, result.size, f"{result.rows:,}", f"{result.input_bytes / MEGABYTE:,.0f}", result.tool)
    if result.work is None:
        return (*place, "failed", *[""] * (len(HEADER) - len(place) - 1))
    work = result.work
    ratio = "" if ours is None or ours is result else f"{work.wall_s / ours.work.wall_s:.2f} ×"
    return (
        *place, f"{work.wall_s:.2f}", f"{work.cpu_s:.2f}", f"{work.startup_s:.2f}",
        f"{result.megabytes_a_second:,.0f}", f"{result.megabytes_a_core_second:,.0f}", f"{work.peak_mib:,.0f}", ratio,
    )


def of_tool(results: list[Result], tool: str) -> dict[tuple[str, str], Result]:
    """A tool's results that are measurements, by task and size."""
    return {(r.task, r.size): r for r in results if r.tool == tool and r.work is not None}


def table(results: list[Result]) -> list[str]:
    """The table in Markdown, with its columns aligned so that it reads as text too."""
    ours = of_tool(results, "ttt")
    lines = [HEADER, *(cells(result, ours.get((result.task, result.size))) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    is_text = [name in ("task", "day", "tool") for name in HEADER]

    def row(line: tuple[str, ...]) -> str:
        padded = (text.ljust(w) if left else text.rjust(w) for text, w, left in zip(line, widths, is_text))
        return f"| {' | '.join(padded)} |"

    rule = ("-" * w if left else "-" * (w - 1) + ":" for w, left in zip(widths, is_text))
    failed = [f"{r.tool}, {r.task}, {r.size}: {r.failure}" for r in results if r.failure]
    return [row(HEADER), f"| {' | '.join(rule)} |", *map(row, lines[1:]), "", *failed]


def targets(results: list[Result]) -> list[str]:
    """Each target, what was measured and whether it was met."""
    ours, theirs = of_tool(results, "ttt"), of_tool(results, "DuckDB")
    found = []

    def add(met: bool, what: str, measured: str) -> None:
        found.append(f"- {'pass' if met else 'MISS'}: {what}: {measured}")

    for place, mine in ours.items():
        where = f"{mine.task}, {mine.size}"
        if place in theirs:
            ratio = theirs[place].work.wall_s / mine.work.wall_s
            least = RECONCILE_TARGET if mine.task == "reconcile" else INGEST_TARGET
            add(ratio >= least, f"{where}: at least {least:g} times DuckDB's throughput", f"{ratio:.2f}")
        if mine.task == "ingest payments":
            speed = mine.megabytes_a_core_second
            add(speed >= JSON_TARGET, f"{where}: at least {JSON_TARGET:g} MB/s of JSON a core", f"{speed:.0f}")
        add(mine.work.peak_mib < PEAK_TARGET_MIB, f"{where}: peak under 1 GiB", f"{mine.work.peak_mib:.0f} MiB")
    for task in dict.fromkeys(task for task, _ in ours):
        sizes = sorted((r for r in ours.values() if r.task == task), key=lambda r: r.count)
        for small, large in zip(sizes, sizes[1:]):
            growth = large.work.peak_mib / small.work.peak_mib
            what = f"{task}: peak grows less than a tenth from {small.size} to {large.size}"
            add(growth < GROWTH_TARGET, what, f"{growth:.2f} ×")
    return found or ["- nothing of ttt was measured"]


def comparison(size: str, tool: str, told: dict) -> list[str]:
    """How one tool's classes differ from the generator's key."""
    different = sum(escrows for _, _, escrows in told["different"])
    lines = [f"- {size}, {tool}: {told['agreeing']:,} escrows agree with the key, {different:,} differ"]
    for expected, actual, escrows in told["different"][:8]:
        lines.append(f"    - {escrows:,}: {expected or 'no row'} in the key, {actual or 'no row'} here")
    if len(told["different"]) > 8:
        lines.append(f"    - and {len(told['different']) - 8} more pairs")
    return lines


def machine(threads: int, versions: dict[str, str]) -> str:
    """The line that says where this was measured."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    with_versions = ", ".join(f"{tool} {version}" for tool, version in versions.items())
    return f"{model}, {os.cpu_count()} cores, {memory_gib:.0f} GiB of memory; {threads} threads; {with_versions}"
