"""The saved questions over the wire, beside DuckDB on the same Parquet files.

    python benches/questions.py --ttt target/release/ttt --warehouse WAREHOUSE [--runs 11] [--take least] [--plans again|new|prepared]

The warehouse is one that `ttt generate` and `ttt run nightly` made, of whatever size. Each question is asked with its
defaults by a client that is connected, all rows fetched; the median of the runs counts, after one that does not, or
the least of them, which says more on a busy machine. By --plans each run asks the same text again (the usual: ttt keeps
the plans of a session's texts, DuckDB plans anew), or a text that was never asked before, to be planned anew on both
sides, or a statement that both sides keep prepared. ttt
answers from its Delta tables over the Postgres wire, by SCRAM on loopback; DuckDB in the client's own process from
views of the same tables' active files. Both have the same threads.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg

PASSWORD = "a bench's own password"


@contextmanager
def served(ttt, warehouse, threads, **settings):
    """A server on a port of its own, with a user of each role that sees much."""
    with tempfile.TemporaryDirectory() as folder:
        users = Path(folder) / "users.ttt"
        environment = dict(os.environ, TTT_THREADS=str(threads), **{f"TTT_SERVE_{k.upper()}": str(v) for k, v in settings.items()})
        for role in ("analyst", "finance", "operator"):
            subprocess.run([ttt, "user", "add", role, role, "--users", users], input=PASSWORD + "\n", text=True, check=True)
        command = [ttt, "serve", "--json", "--address", "127.0.0.1:0", "--users", users, "--warehouse", warehouse]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        try:
            host, port = json.loads(server.stdout.readline())["address"].rsplit(":", 1)
            yield server.pid, {"host": host, "port": int(port), "dbname": "ttt", "password": PASSWORD}
        finally:
            server.terminate()
            server.wait()


def active(folder):
    """The data files of the latest version of a table."""
    files = {}
    for log in sorted((folder / "_delta_log").glob("*.json")):
        for line in log.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                files[action["add"]["path"]] = True
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
    return [str(folder / path) for path in files]


def peer(warehouse, threads):
    connection = duckdb.connect(config={"threads": threads})
    for layer in ("bronze", "silver", "gold", "ops"):
        connection.execute(f"CREATE SCHEMA {layer}")
        for folder in sorted((Path(warehouse) / layer).glob("*")):
            files = active(folder)
            if files:
                # The day stands in the path alone.
                days = "hive_partitioning = true, hive_types = {'dt': DATE}" if "dt=" in files[0] else "hive_partitioning = false"
                connection.execute(f"CREATE VIEW {layer}.{folder.name} AS SELECT * FROM read_parquet({files!r}, {days})")
    return connection


TAKEN = {"median": statistics.median, "least": min}


def timed(connection, text, runs, take, plans):
    """The time of one run in seconds, and the rows; `text` has no semicolon."""
    times = []
    for run in range(runs + 1):
        asked = f"{text}\n-- run {run}" if plans == "new" else text
        begin = time.perf_counter()
        rows = connection.execute(asked).fetchall()
        times.append(time.perf_counter() - begin)
    return TAKEN[take](times[1:]), len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttt", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--plans", choices=("again", "new", "prepared"), default="again")
    parser.add_argument("--take", choices=TAKEN, default="median")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    questions = json.loads(subprocess.run([arguments.ttt, "ask", "--json"], capture_output=True, check=True).stdout)
    theirs, ratios = peer(arguments.warehouse, arguments.threads), []
    print("| question | rows | ttt ms | DuckDB ms | ttt / DuckDB |\n| --- | ---: | ---: | ---: | ---: |")
    with served(arguments.ttt, arguments.warehouse, arguments.threads) as (_, place):
        threshold = 0 if arguments.plans == "prepared" else None
        roles = ("analyst", "finance", "operator")
        ours = {role: psycopg.connect(**place, user=role, autocommit=True, prepare_threshold=threshold) for role in roles}
        for question in questions:
            name = question["name"]
            shown = subprocess.run([arguments.ttt, "ask", name, "--show"], capture_output=True, text=True, check=True).stdout
            role = {"finance": "finance", "operators": "analyst", "growth": "analyst"}[question["for"]]
            role = "operator" if "ops." in shown or "bronze.quarantine" in shown else role
            how = arguments.runs, arguments.take, arguments.plans
            our_time, our_rows = timed(ours[role], f"SELECT * FROM {name}()", *how)
            try:
                text = shown.rstrip().rstrip(";")
                if arguments.plans == "prepared":
                    theirs.execute(f"PREPARE {name} AS {text}")
                    text = f"EXECUTE {name}"
                their_time, their_rows = timed(theirs, text, *how)
            except duckdb.Error as error:
                print(f"| {name} | {our_rows} | {our_time * 1e3:.1f} | {str(error).splitlines()[0]} | |")
                continue
            differs = "" if our_rows == their_rows else f" ({their_rows} rows)"
            ratios.append(our_time / their_time)
            print(f"| {name} | {our_rows} | {our_time * 1e3:.1f} | {their_time * 1e3:.1f}{differs} | {ratios[-1]:.2f} |")
    print(f"\ngeometric mean of {len(ratios)}: {math.exp(statistics.fmean(map(math.log, ratios))):.2f}")


if __name__ == "__main__":
    main()
