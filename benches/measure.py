"""Runs a process and measures it as a whole: wall time, processor time, peak memory.

This module and `night.py` import nothing large: a child's peak starts at what its parent held when it forked.
"""

import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class Process:
    """One finished process."""

    begin: float
    """When it was started, on the monotonic clock that all processes share."""
    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int
    output: str
    errors: str


def run(command: list[str], threads: int, environment: dict[str, str] | None = None) -> Process:
    """Runs a command on the first `threads` processors that this process may use."""
    processors = sorted(os.sched_getaffinity(0))[:threads]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
            env=os.environ | (environment or {}), preexec_fn=lambda: os.sched_setaffinity(0, processors),
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        return Process(
            begin, wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MIB, child.returncode,
            text_of(output), text_of(errors),
        )


def text_of(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def warm(folder: Path) -> None:
    """Reads every file below a folder, so that each tool finds it in the page cache."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.read(8 * MIB):
                    pass


def bytes_below(folder: Path, suffixes: tuple[str, ...]) -> int:
    """Bytes of the files below a folder whose names end so."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.name.endswith(suffixes))


@dataclass(frozen=True)
class Work:
    """What one run of a tool cost, without the start of a peer's interpreter and library."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    startup_s: float


def median(works: list[Work]) -> Work:
    """The median of each measure, but the highest peak."""
    return Work(
        statistics.median(work.wall_s for work in works),
        statistics.median(work.cpu_s for work in works),
        max(work.peak_mib for work in works),
        statistics.median(work.startup_s for work in works),
    )
