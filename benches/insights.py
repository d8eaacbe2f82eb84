"""The release of a day's insights: rows a second beside PipelineDP's local backend, and how useful the released numbers are.

    python insights.py TTT [--rows N] [--creators N] [--viewers N] [--peer-rows N] [--folder F] [--threads N] [--runs N]
    python insights.py TTT --utility

`--utility` releases creators of 100, 1 thousand and 10 thousand viewers and compares with what was really watched; the
cost of each cap is what is missing when all but the noise is taken away.
"""

import argparse
import csv
import io
import json
import shutil
import statistics
import sys
from pathlib import Path

import insights_area as area
from measure import run

HERE = Path(__file__).parent
POLICY = HERE.parent / "jobs" / "policies" / "privacy.toml"


class Warehouse:
    """A landing area with a warehouse beside it."""

    def __init__(self, arguments, folder: Path):
        self.arguments, self.folder = arguments, folder
        self.landing, self.tables = folder / "landing", folder / "warehouse"

    def ttt(self, *words: str, policy: Path = POLICY):
        empty = self.folder / "empty.toml"
        empty.touch()
        command = [self.arguments.ttt, *words, "--config", str(empty), "--warehouse", str(self.tables)]
        environment = {
            "TTT_PRIVACY": str(policy), "TTT_SPILL": str(self.folder / "spill"), "TTT_LANDING": str(self.landing),
            "TTT_PSEUDONYMS_KEYS": str(self.folder / "keys.toml"),
        }
        process = run(command, self.arguments.threads, environment)
        if process.code != 0:
            sys.exit(f"{' '.join(words)}: exit code {process.code}: {process.errors[-2000:]}")
        return process

    def rows(self, query: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.ttt("sql", "--format", "csv", query).output)))[1:]

    def release(self, policy: Path = POLICY):
        """The day's release from nothing, with a key for who was with whom."""
        if not (self.folder / "keys.toml").exists():
            self.ttt("keys", "make", "--date", area.DATE)
        for table in ["gold/creator_insights_daily", "ops/privacy_ledger", "silver/viewer_presence"]:
            shutil.rmtree(self.tables / table, ignore_errors=True)
        return self.ttt("run", "insights", "--date", area.DATE, "--quiet", policy=policy)


def speed(arguments) -> None:
    place = Warehouse(arguments, arguments.folder / "speed")
    if not place.tables.exists():
        area.write(place.landing, arguments.rows, arguments.creators, arguments.viewers, arguments.threads)
        place.ttt("run", "ingest", "--date", area.DATE, "--quiet")
        shutil.rmtree(place.landing / "delivery" / "playback")
    process = sorted((place.release() for _ in range(arguments.runs)), key=lambda process: process.wall_s)[arguments.runs // 2]
    cells = int(place.rows("SELECT count(*) FROM gold.creator_insights_daily")[0][0])
    rate = arguments.rows / process.wall_s
    print(f"ttt: {arguments.rows} playbacks, {arguments.creators} creators: {process.wall_s:.1f} s, {process.cpu_s:.1f} CPU s, "
          f"peak {process.peak_mib:.0f} MiB, {cells} rows released; {rate:,.0f} playbacks a second, "
          f"{arguments.rows / process.cpu_s:,.0f} a CPU second")
    # Interpreted rows take alike long each, so that a share of them tells the rate; so do keys, which are fewer, too.
    scale = max(1, arguments.rows // arguments.peer_rows)
    words = [arguments.peer_rows, max(1, arguments.creators // scale), max(1, arguments.viewers // scale)]
    command = [sys.executable, str(HERE / "peers_pipelinedp.py"), *(str(word) for word in words)]
    peer = run(command, arguments.threads)
    if peer.code != 0:
        sys.exit(peer.errors[-2000:])
    told = json.loads(peer.output.strip().splitlines()[-1])
    peer_rate = told["rows"] / told["seconds"]
    print(f"PipelineDP, local backend: {told['rows']} playbacks: {told['seconds']:.1f} s, {peer_rate:,.0f} playbacks a second")
    print(f"ratio of playbacks a second: {rate / peer_rate:.1f}")


SIZES = [(100, 40), (1_000, 20), (10_000, 8)]
# So few that each watches nine creators, and is clipped now and then.
VIEWERS = 12_000


def write_sizes(landing: Path) -> None:
    """Creators of three sizes, whose viewers watch several of them, now and then often and long."""
    import random

    draw = random.Random(area.SEED)
    creators = [size for size, count in SIZES for _ in range(count)]
    area.inventory(landing, len(creators))
    lines = []
    for number, size in enumerate(creators):
        for viewer in draw.sample(range(VIEWERS), size):
            for _ in range(min(12, 1 + int(draw.expovariate(1.2)))):
                video = int(area.VIDEOS * draw.random() ** 2)
                device = area.DEVICES[viewer % len(area.DEVICES)]
                lines.append(json.dumps({
                    "session_id": f"ps_{len(lines)}", "viewer": f"did:key:z6MkViewer{viewer}",
                    "creator": area.creator(number), "content_id": f"co_{number * area.VIDEOS + video}",
                    "started_at": f"{area.DATE}T{draw.randrange(24):02}:00:00Z",
                    "watch_ms": int(draw.expovariate(1 / 40_000)), "completed": draw.random() < 0.4,
                    "interactions": draw.choice([[], [], ["LIKE"], ["LIKE", "SHARE"], ["COMMENT"]]),
                    "region": area.REGIONS[viewer % len(area.REGIONS)], "language": area.LANGUAGES[viewer % 6],
                    "referrer": draw.choice(area.REFERRERS), "network": "4G",
                    "device": {"class": device, "max_width": 1, "max_height": 1, "max_framerate": 60, "codecs": ["AVC"]},
                }))
    (area.source(landing, "playback") / "playbacks.ndjson").write_text("\n".join(lines) + "\n")


# Metric, breakdown, and what is true of it without any bound.
TRUTHS = [
    ("unique_viewers", "total", "count(DISTINCT viewer)", "'total'"),
    ("viewers", "region", "count(DISTINCT viewer)", "region"),
    ("views", "total", "count(*)", "'total'"),
    ("watch_seconds", "total", "sum(watch_ms) / 1000", "'total'"),
    ("completions", "total", "count(*) FILTER (WHERE completed)", "'total'"),
    ("likes", "total", "count(*) FILTER (WHERE array_has(interactions, 'LIKE'))", "'total'"),
    ("views", "content", "count(*)", "content_id"),
]


def truths(place: Warehouse) -> dict:
    found = {}
    for metric, dimension, value, key in TRUTHS:
        query = f"SELECT creator, {key} AS key, {value} FROM bronze.playbacks WHERE NOT conflict GROUP BY creator, {key}"
        for creator, key_, number in place.rows(query):
            found[creator, metric, dimension, key_] = float(number)
    return found


def released(place: Warehouse) -> dict:
    query = "SELECT creator, metric, dimension, key, value, value_low, value_high FROM gold.creator_insights_daily"
    return {tuple(row[:4]): [float(cell) if cell else None for cell in row[4:]] for row in place.rows(query)}


def policy_with(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    text = POLICY.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def utility(arguments) -> None:
    place = Warehouse(arguments, arguments.folder / "utility")
    if not place.tables.exists():
        write_sizes(place.landing)
        place.ttt("run", "ingest", "--date", area.DATE, "--quiet")
    sizes = [size for size, count in SIZES for _ in range(count)]
    size_of = {area.creator(number): size for number, size in enumerate(sizes)}
    truth = truths(place)
    # Budgets so large that hardly any noise is left: what is then missing is what the caps take.
    quiet = [('"0.5"', '"25"'), ('"2"', '"100"')]
    unclipped = [('"0.5"', '"3.3"'), ('"2"', '"100"'), ("creators = 256", "creators = 1000")]
    variants = {
        "all caps": quiet,
        "views 12": [*quiet, ("views = 3\n", "views = 12\n")],
        "3000 s watched": [*quiet, ("watch_seconds = 300\n", "watch_seconds = 3000\n")],
        "videos 20": [*quiet, ("videos = 4\n", "videos = 20\n")],
        "not clipped over creators": unclipped,
        "no cap": [*unclipped, ("views = 3\n", "views = 12\n"), ("watch_seconds = 300\n", "watch_seconds = 3000\n"),
                   ("videos = 4\n", "videos = 20\n")],
    }
    bounded = {}
    print("what caps take, of creators with 10000 viewers (released less true, of true, without noise to speak of)")
    for name, changes in variants.items():
        place.release(policy_with(place.folder, "variant", *changes))
        found = released(place)
        if name == "all caps":
            bounded = found
        shares = []
        for metric, dimension, _, _ in TRUTHS:
            pairs = [(found[key][0], true) for key, true in truth.items()
                     if key[1:3] == (metric, dimension) and size_of[key[0]] == 10_000 and key in found]
            missing = sum(value for value, _ in pairs) / sum(true for _, true in pairs) - 1
            shares.append(f"{metric} by {dimension} {missing:+.1%}" if dimension != "total" else f"{metric} {missing:+.1%}")
        print(f"  {name}: {', '.join(shares)}")
    place.release()
    found = released(place)
    print("released by the policy: median relative error of the true count; intervals that hold the bounded count")
    for size, _ in SIZES:
        for metric, dimension, _, _ in TRUTHS:
            keys = [key for key, true in truth.items()
                    if key[1:3] == (metric, dimension) and size_of[key[0]] == size and key in found and true > 0]
            error = statistics.median(abs(found[key][0] - truth[key]) / truth[key] for key in keys)
            held = sum(found[key][1] <= bounded[key][0] <= found[key][2] for key in keys) / len(keys)
            print(f"  {size} viewers, {metric} by {dimension}: {error:.1%}; {held:.1%} of {len(keys)}")
        recalls = []
        for creator in (creator for creator, own in size_of.items() if own == size):
            true = sorted(((value, key[3]) for key, value in truth.items()
                           if key[:3] == (creator, "views", "content")), reverse=True)
            best = {key for _, key in true[:10]}
            named = {key[3] for key in found if key[:3] == (creator, "rank", "content")}
            recalls.append(len(best & named) / len(best))
        print(f"  {size} viewers, top 10 videos: {statistics.mean(recalls):.1%} named")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ttt")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--creators", type=int, default=10_000)
    parser.add_argument("--viewers", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path("insights-bench"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1, help="releases, of which the median counts")
    parser.add_argument("--utility", action="store_true")
    arguments = parser.parse_args()
    for name in ["speed", "utility"]:
        (arguments.folder / name).mkdir(parents=True, exist_ok=True)
    utility(arguments) if arguments.utility else speed(arguments)


if __name__ == "__main__":
    main()
