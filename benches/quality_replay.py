"""`ttt replay quality` in sessions a second, beside the published simulator sabre (Python).

`python benches/quality_replay.py --help` tells the options. The networks are a folder in sabre's JSON, each played
with its throughput multiplied by so many factors that there are enough sessions; the movie is one in sabre's JSON. Ours
is timed by the program's own clock, without reading. sabre is on no package registry: `--sabre FILE` names a copy to time on
the same networks, less the start of its Python; without it, its known time stands: 0.23 s for a session of 199 segments.
"""

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import sys
from pathlib import Path

import report
from measure import run
from tools import checked

HERE = Path(__file__).parent
KNOWN_S = 0.23
TARGET = 1_000


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=Path, required=True, help="folder of networks in sabre's JSON")
    parser.add_argument("--movie", type=Path, required=True, help="movie in sabre's JSON")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--sabre", type=Path, help="a copy of sabre.py")
    parser.add_argument("--ttt", default=str(HERE.parent / "target/release/ttt"), help="the binary")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    if shutil.which(chosen.ttt) is None:
        parser.error(f"{chosen.ttt} is no program; build it with `cargo build --release`, or name it with --ttt")
    return chosen


def theirs(chosen: argparse.Namespace, networks: list[Path], rule: str) -> float:
    """Seconds a session of sabre: the median over some networks, less what Python takes to start."""
    startup = checked(run([sys.executable, "-c", "import argparse, json, math"], 1)).cpu_s
    times = []
    for network in networks[:: max(1, len(networks) // 8)]:
        command = [sys.executable, str(chosen.sabre), "-n", str(network), "-m", str(chosen.movie), "-a", rule]
        times.append(checked(run(command, 1)).cpu_s - startup)
    return statistics.median(times)


def main() -> None:
    chosen = options()
    networks = sorted(chosen.networks.glob("*.json"))
    if not networks:
        sys.exit(f"{chosen.networks}: holds no .json file")
    count = math.ceil(chosen.sessions / len(networks))
    factors = ",".join(f"{0.5 + 3.5 * place / max(1, count - 1):.4f}" for place in range(count))
    print(f"{report.machine(1, {'Python': platform.python_version()})}, median of {chosen.runs} runs")
    print(f"{len(networks) * count:,} sessions a rule, {os.cpu_count()} cores, one used")
    print(f"{'rule':<12} {'s':>8} {'us a session':>13} {'sabre, s':>9} {'times':>8}")
    missed = []
    for rule in ("throughput", "bola", "bolae", "dynamic"):
        command = [chosen.ttt, "replay", "quality", "--network", str(chosen.networks), "--movie", str(chosen.movie)]
        command += ["--rule", rule, "--multiplier", factors, "--summary", "--json"]
        taken = [json.loads(checked(run(command, 1)).output)["replay_s"] for _ in range(chosen.runs)]
        each = statistics.median(taken) / (len(networks) * count)
        known = theirs(chosen, networks, rule) if chosen.sabre else KNOWN_S
        print(f"{rule:<12} {statistics.median(taken):>8.2f} {each * 1e6:>13.1f} {known:>9.2f} {known / each:>8.0f}")
        if known / each < TARGET:
            missed.append(rule)
    if missed:
        sys.exit(f"below {TARGET} times: {', '.join(missed)}")


if __name__ == "__main__":
    main()
