"""Many clients at once, the first row of a long result, and the memory of both.

    python benches/serve.py --ttt target/release/ttt --warehouse WAREHOUSE [--clients 32] [--seconds 60]

Thirty-two clients of three users ask the saved questions in turn for a minute, each as soon as it has its answer. Told
are the time to an answer (median, 95th and 99th percentile), how many answers each client got (the least beside the
most), and the server's resident memory at its start, its highest and its end.
"""

import argparse
import json
import subprocess
import threading
import time

import psycopg

from questions import served

ROLES = ("analyst", "finance", "operator")


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS"))


def clients(place, pid, count, seconds, questions):
    times, answers, failures = [], [0] * count, []
    end = time.monotonic() + seconds

    def ask(number):
        role = ROLES[number % len(ROLES)]
        with psycopg.connect(**place, user=role, autocommit=True) as connection:
            asked = questions[role]
            while time.monotonic() < end:
                begin = time.monotonic()
                try:
                    connection.execute(asked[answers[number] % len(asked)]).fetchall()
                except psycopg.Error as error:
                    failures.append(str(error))
                times.append(time.monotonic() - begin)
                answers[number] += 1

    start, highest = resident_mib(pid), 0
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        highest = max(highest, resident_mib(pid))
        time.sleep(0.2)
    times.sort()
    at = lambda share: times[min(int(len(times) * share), len(times) - 1)] * 1e3
    print(f"{count} clients for {seconds} s: {len(times)} answers, {len(failures)} failures")
    print(f"answer ms: median {at(0.5):.0f}, p95 {at(0.95):.0f}, p99 {at(0.99):.0f}")
    for role in range(len(ROLES)):
        of_role = [answers[number] for number in range(count) if number % len(ROLES) == role]
        print(f"answers of each {ROLES[role]}: {min(of_role)} to {max(of_role)}")
    print(f"memory MiB: {start} at the start, {highest} at most, {resident_mib(pid)} at the end")
    if failures:
        print("first failure:", failures[0])


def long_result(place, pid, rows):
    """A result of many rows, taken row by row: when the first comes, and what the server holds."""
    query = f"SELECT value, value + 1 AS next, 'some text' AS words FROM generate_series(1, {rows})"
    with psycopg.connect(**place, user="analyst", autocommit=True) as connection:
        connection.execute("SELECT 1")
        begin, count, first, highest = time.monotonic(), 0, None, 0
        with connection.cursor() as cursor:
            for _ in cursor.stream(query):
                first = first or time.monotonic() - begin
                count += 1
                if count % 500_000 == 0:
                    highest = max(highest, resident_mib(pid))
        took = time.monotonic() - begin
    print(f"{count} rows: the first after {first * 1e3:.0f} ms, the last after {took:.1f} s; {highest} MiB at most")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttt", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    listed = json.loads(subprocess.run([arguments.ttt, "ask", "--json"], capture_output=True, check=True).stdout)
    by_role = {role: [] for role in ROLES}
    for question in listed:
        name = question["name"]
        shown = subprocess.run([arguments.ttt, "ask", name, "--show"], capture_output=True, text=True, check=True).stdout
        if "ops." in shown or "bronze.quarantine" in shown:
            by_role["operator"].append(f"SELECT * FROM {name}()")
        elif question["for"] == "finance":
            by_role["finance"].append(f"SELECT * FROM {name}()")
        else:
            by_role["analyst"].append(f"SELECT * FROM {name}()")
    with served(arguments.ttt, arguments.warehouse, arguments.threads) as (pid, place):
        long_result(place, pid, arguments.rows)
        clients(place, pid, arguments.clients, arguments.seconds, by_role)


if __name__ == "__main__":
    main()
