"""The landing area of one day of playbacks by viewers who watch several creators: for the release of insights.

Everything follows from a seed and the number of the part, so that parts are written side by side.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy
import zstandard

DATE = "2026-11-20"
REGIONS = [f"region-{number:02}" for number in range(12)]
DEVICES = ["PHONE", "PHONE", "PHONE", "TABLET", "DESKTOP", "TV"]
LANGUAGES = ["en", "de", "pt", "ja", "hi", "es", "sw"]
REFERRERS = ["FOR_YOU", "FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"]
INTERACTIONS = ["[]"] * 6 + ['["LIKE"]', '["LIKE","SHARE"]', '["COMMENT"]', '["LIKE","FOLLOW"]']
VIDEOS = 20
PARTS = 16
SEED = 20261120


def source(landing: Path, name: str) -> Path:
    folder = landing / "delivery" / name / f"dt={DATE}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def creator(number: int) -> str:
    return f"did:key:z6MkCreator{number:06}"


def inventory(landing: Path, creators: int) -> None:
    with (source(landing, "nodes") / "nodes.ndjson").open("w") as file:
        for number, region in enumerate(REGIONS):
            row = {
                "node_id": f"n{number}", "provider": "p1", "region": region, "capabilities": ["AVC"],
                "capacity_gbps": 40.0, "cost_per_gb": {"value": "0.01", "currency": "USD"},
                "cache_bytes": 10**12, "status": "AVAILABLE",
            }
            file.write(json.dumps(row) + "\n")
    rendition = {"codec": "AVC", "width": 720, "height": 1280, "framerate": 30, "peak_kbps": 2400, "bytes": 6_300_000}
    with (source(landing, "content") / "contents.ndjson").open("w") as file:
        for number in range(creators * VIDEOS):
            row = {
                "content_id": f"co_{number}", "creator": creator(number // VIDEOS), "title": None,
                "duration_ms": 30_000, "published_at": f"2026-10-{1 + number % VIDEOS:02}T10:00:00Z",
                "visibility": "PUBLIC", "renditions": [rendition],
            }
            file.write(json.dumps(row) + "\n")


def drawn(part: int, rows: int, creators: int, viewers: int) -> dict:
    """The columns of a part: creators by popularity, videos likewise, each viewer with a region of their own."""
    random = numpy.random.default_rng([SEED, part])
    skewed = lambda count: (count * random.random(rows) ** 3).astype(numpy.int64)
    viewer = random.integers(0, viewers, rows)
    return {
        "viewer": viewer, "creator": skewed(creators), "video": skewed(VIDEOS),
        "region": viewer % len(REGIONS), "device": (viewer // 7) % len(DEVICES), "language": (viewer // 3) % len(LANGUAGES),
        "referrer": random.integers(0, len(REFERRERS), rows), "second": random.integers(0, 86_400, rows),
        "watch_ms": (random.exponential(25_000, rows)).astype(numpy.int64),
        "interactions": random.integers(0, len(INTERACTIONS), rows), "completed": random.random(rows) < 0.4,
    }


def write_part(landing: Path, part: int, rows: int, creators: int, viewers: int) -> None:
    columns = {name: values.tolist() for name, values in drawn(part, rows, creators, viewers).items()}
    path = source(landing, "playback") / f"playbacks-{part:02}.ndjson.zst"
    with path.open("wb") as raw, zstandard.ZstdCompressor(level=1).stream_writer(raw) as file:
        lines = []
        for row in range(rows):
            second = columns["second"][row]
            number = columns["creator"][row]
            lines.append(
                f'{{"session_id":"ps_{part}_{row}","viewer":"did:key:z6MkViewer{columns["viewer"][row]:09}",'
                f'"creator":"{creator(number)}","content_id":"co_{number * VIDEOS + columns["video"][row]}",'
                f'"started_at":"{DATE}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",'
                f'"watch_ms":{columns["watch_ms"][row]},"completed":{"true" if columns["completed"][row] else "false"},'
                f'"interactions":{INTERACTIONS[columns["interactions"][row]]},"region":"{REGIONS[columns["region"][row]]}",'
                f'"language":"{LANGUAGES[columns["language"][row]]}","referrer":"{REFERRERS[columns["referrer"][row]]}",'
                f'"network":"4G","device":{{"class":"{DEVICES[columns["device"][row]]}","max_width":1080,"max_height":1920,'
                f'"max_framerate":60,"codecs":["AVC"]}},"preferences":null,"qoe":null,"probes":null}}\n'
            )
            if len(lines) == 20_000:
                file.write("".join(lines).encode())
                lines.clear()
        file.write("".join(lines).encode())


def write(landing: Path, rows: int, creators: int, viewers: int, processes: int) -> None:
    """Writes the area; the same arguments give the same bytes."""
    inventory(landing, creators)
    share = rows // PARTS
    with ProcessPoolExecutor(processes) as pool:
        jobs = [pool.submit(write_part, landing, part, share, creators, viewers) for part in range(PARTS)]
        for job in jobs:
            job.result()
