"""The landing area of one day of delivery: sessions with probes, their requests, nodes and contents.

Everything follows from a seed and the number of the part, so that parts are written side by side.
"""

import json
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

DATE = "2026-11-20"
REGIONS = 20
NODES_PER_REGION = 10
CONTENTS = 100_000
CODECS = ["AVC", "VP9", "HEVC", "AV1"]
PARTS = 16
SEED = 20261120
FIELDS = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs-method cs-uri-stem sc-status cs-uri-query "
    "x-edge-result-type x-edge-request-id\n"
)


def node(number: int) -> str:
    return f"r{number // NODES_PER_REGION:02}-n{number % NODES_PER_REGION}"


def candidates(region: int) -> list[int]:
    """The nodes that a region's viewers are sent to: those of its own region and of the next one."""
    near = [region * NODES_PER_REGION + place for place in range(NODES_PER_REGION)]
    next_region = (region + 1) % REGIONS
    return near + [next_region * NODES_PER_REGION + place for place in range(NODES_PER_REGION - 2)]


def source(landing: Path, name: str) -> Path:
    folder = landing / "delivery" / name / f"dt={DATE}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def inventory(landing: Path) -> None:
    draw = random.Random(SEED)
    with (source(landing, "nodes") / "nodes.ndjson").open("w") as file:
        for number in range(REGIONS * NODES_PER_REGION):
            serves = CODECS[: draw.randint(1, 4)] + ["H3"]
            row = {
                "node_id": node(number), "provider": f"p{number % 4}",
                "region": f"region-{number // NODES_PER_REGION:02}",
                "capabilities": serves, "capacity_gbps": 40.0, "cost_per_gb": {"value": "0.01", "currency": "USD"},
                "cache_bytes": 10**12, "status": "AVAILABLE",
            }
            file.write(json.dumps(row) + "\n")
    with (source(landing, "content") / "contents.ndjson").open("w") as file:
        for number in range(CONTENTS):
            offers = CODECS[: 1 + number % 4]
            rendition = {"width": 720, "height": 1280, "framerate": 30, "peak_kbps": 2400, "bytes": 6_300_000}
            row = {
                "content_id": f"co_{number}", "creator": "did:key:z6MkB", "title": None,
                "duration_ms": 15_000 + number * 7919 % 60_000, "published_at": "2026-11-01T10:00:00Z",
                "visibility": "PUBLIC", "renditions": [{"codec": codec, **rendition} for codec in offers],
            }
            file.write(json.dumps(row) + "\n")


def part(landing: Path, number: int, sessions: int, probes: int) -> None:
    """Sessions with their probes, and one request each."""
    draw = random.Random(SEED * 1000 + number)
    of_region = [candidates(region) for region in range(REGIONS)]
    with (
        (source(landing, "playback") / f"part-{number:03}.ndjson").open("w") as playbacks,
        (source(landing, "access") / f"part-{number:03}.log").open("w") as requests,
    ):
        requests.write(FIELDS)
        for place in range(sessions):
            region = min(int(draw.expovariate(0.2)), REGIONS - 1)
            content = int(CONTENTS * draw.random() ** 3)
            session = f"ps_{number:03}_{place:08}"
            codec = CODECS[min(content % 4, int(draw.random() * 4))]
            nodes = of_region[region]
            measured = []
            for _ in range(probes):
                is_random = draw.random() < 0.02
                place_at_random = int(draw.random() * len(nodes))
                place_by_policy = min(int(draw.expovariate(0.5)), len(nodes) - 1)
                chosen = nodes[place_at_random if is_random else place_by_policy]
                far = 15.0 if chosen // NODES_PER_REGION == region else 60.0
                rtt = far + chosen % 7 + draw.expovariate(0.1)
                if draw.random() < 0.001:
                    rtt = -rtt
                throughput = 300_000.0 / rtt * (0.5 + draw.random()) if rtt > 0 else 100.0
                propensity = 0.02 / len(nodes) if is_random else 0.05 + 0.9 * draw.random()
                measured.append(
                    f'{{"node_id":"{node(chosen)}","rtt_ms":{rtt:.2f},"throughput_kbps":{throughput:.1f},'
                    f'"chosen_by":"{"RANDOM" if is_random else "POLICY"}","propensity":{propensity:.6f}}}'
                )
            playbacks.write(
                f'{{"session_id":"{session}","viewer":"did:key:z6MkV","creator":"did:key:z6MkB",'
                f'"content_id":"co_{content}","started_at":"{DATE}T18:00:00Z","watch_ms":14200,"completed":false,'
                f'"interactions":[],"region":"region-{region:02}","device":{{"class":"PHONE","max_width":1080,'
                f'"max_height":1920,"max_framerate":60,"codecs":["AVC","{CODECS[place % 4]}"]}},'
                f'"probes":[{",".join(measured)}]}}\n'
            )
            second = min(int(draw.gauss(70_000, 12_000)) % 86_400, 86_399)
            time = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            # One request in a hundred names a session of which no playback has landed.
            sid = session if draw.random() > 0.01 else f"gone_{place}"
            requests.write(
                f"{DATE}\t{time}\t{node(nodes[place % len(nodes)])}\t{draw.randint(10_000, 2_000_000)}\tGET\t"
                f"/v/co_{content}/{codec}/1280/{place % 9:05}.m4s\t200\tCMCD=sid%3D%22{sid}%22\tHit\t{session}-r\n"
            )


def write(landing: Path, sessions: int, probes: int) -> None:
    """Writes the area; an area of the same size that is there is kept."""
    done = landing / f"written-{sessions}-{probes}"
    if done.exists():
        return
    landing.mkdir(parents=True, exist_ok=True)
    inventory(landing)
    each = sessions // PARTS
    with ProcessPoolExecutor() as pool:
        list(pool.map(part, [landing] * PARTS, range(PARTS), [each] * PARTS, [probes] * PARTS))
    done.touch()
