"""DuckDB doing a later night: tonight's escrows over all their days, then the breaks and their totals merged.

Called by `carried.py` as `python peers_carried.py TASK key=value…`, so that each task is a process of its own. The
files lie under `FOLDER/DAY/`: the three sources, and what each night wrote.
"""

import sys
import time
from pathlib import Path

import duckdb

import peer
from compare import QUERY
from peers_duckdb import PAYMENTS, connect, sql, write

# What there is before the first night: nothing, with these columns.
NO_CLASSES = "(SELECT '' AS escrow_id, '' AS class WHERE false)"
NO_BREAKS = """(
    SELECT
        '' AS break_id, '' AS class, '' AS subcode, '' AS escrow_id, '' AS currency,
        CAST(0 AS DECIMAL(28, 9)) AS amount, DATE '1970-01-01' AS first_seen, DATE '1970-01-01' AS last_seen,
        DATE '1970-01-01' AS closed_on, '' AS status
    WHERE false
)"""
NO_TOTALS = """(
    SELECT '' AS class, '' AS currency, 0 AS closing_count, CAST(0 AS DECIMAL(38, 9)) AS closing_sum WHERE false
)"""

# A break is the same in the key and in what a tool wrote if all of these are.
BREAK_COLUMNS = ("class", "subcode", "escrow_id", "first_seen", "last_seen", "closed_on", "status")


def read(paths: list[Path]) -> str:
    return f"read_parquet([{', '.join(repr(str(path)) for path in paths)}])"


def sources(folder: str, date: str) -> dict[str, str]:
    """What the night reads, by the names that the SQL has for it."""
    tonight = Path(folder) / date
    days = sorted(path for path in Path(folder).iterdir() if path < tonight)
    found = {"tonight": str(tonight), "date": date}
    for source in PAYMENTS:
        nothing = f"(SELECT * FROM {read([tonight / f'{source}.parquet'])} WHERE false)"
        found[f"past_{source}"] = read([day / f"{source}.parquet" for day in days]) if days else nothing
    classes = [day / "reconciliation.parquet" for day in days]
    found["judged_before"] = read(classes) if days else NO_CLASSES
    found["last_night"] = read(classes[-1:]) if days else NO_CLASSES
    found["breaks_before"] = read([days[-1] / "breaks.parquet"]) if days else NO_BREAKS
    found["totals_before"] = read([days[-1] / "break_totals.parquet"]) if days else NO_TOTALS
    return found


def night(folder: str, date: str, threads: str, **watermarks: str) -> dict:
    """Tonight's classes, the breaks after tonight and their totals, from the Parquet files of each day and of the
    night before; and how long each part took."""
    connection = connect(threads)
    found = sources(folder, date)
    end_of_day = f"(TIMESTAMPTZ '{date} 00:00:00Z' + INTERVAL 1 DAY)"
    literals = {name: f"TIMESTAMPTZ '{value}'" for name, value in watermarks.items()}
    connection.execute(sql("rounding"))
    marks = [time.monotonic()]
    connection.execute(sql("carried_keys", **found))
    marks.append(time.monotonic())
    connection.execute(sql("carried_rows", **found))
    marks.append(time.monotonic())
    classes = sql("reconcile", end_of_day=end_of_day, lag_hours="24", age_limit_days="7", **literals)
    classes = f"SELECT * FROM ({classes}) ANTI JOIN only_replayed USING (escrow_id)"
    rows = write(connection, classes, f"{found['tonight']}/reconciliation.parquet")
    marks.append(time.monotonic())
    connection.execute(sql("carried_breaks", **found))
    breaks = "SELECT * EXCLUDE (status_before, currency_before, amount_before) FROM merged"
    write(connection, breaks, f"{found['tonight']}/breaks.parquet")
    write(connection, sql("carried_totals", **found), f"{found['tonight']}/break_totals.parquet")
    marks.append(time.monotonic())
    parts = ("keys", "rows", "classes", "breaks")
    return {"rows": rows} | {f"{part}_s": end - begin for part, begin, end in zip(parts, marks, marks[1:])}


def agree(key: str, date: str, classes: str, breaks: str, totals: str) -> dict:
    """How the classes of a night, the breaks after it and its totals compare with the generator's key. Breaks and
    totals of batch findings, which name no escrow, are told apart."""
    said = {path: f"read_{Path(path).suffix[1:]}('{path}')" for path in (classes, breaks, totals)}
    pairs = duckdb.sql(QUERY.format(key=f"{key}/reconciliation.csv", said=said[classes], date=date)).fetchall()
    columns = ", ".join(f"CAST({column} AS VARCHAR) AS {column}" for column in BREAK_COLUMNS)
    columns = columns.replace("CAST(subcode AS VARCHAR)", "coalesce(CAST(subcode AS VARCHAR), '')")
    duckdb.sql(f"CREATE TABLE key_breaks AS SELECT {columns} FROM read_csv('{key}/breaks.csv')")
    duckdb.sql(f"CREATE TABLE said_breaks AS SELECT {columns} FROM {said[breaks]}")

    def count(query: str) -> int:
        return duckdb.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0]

    told = {"different": [pair for pair in pairs if pair[0] != pair[1]]}
    told["agreeing"] = sum(escrows for expected, actual, escrows in pairs if expected == actual)
    for what, whose in (("escrow", "escrow_id IS NOT NULL"), ("batch", "escrow_id IS NULL")):
        key_side, said_side = (f"SELECT * FROM {side}_breaks WHERE {whose}" for side in ("key", "said"))
        told[f"{what}_breaks"] = {
            "agreeing": count(f"{key_side} INTERSECT ALL {said_side}"),
            "key_alone": count(f"{key_side} EXCEPT ALL {said_side}"),
            "said_alone": count(f"{said_side} EXCEPT ALL {key_side}"),
        }
    counts = "opening_count, new_count, closed_count, closing_count"
    summed = ", ".join(f"CAST(sum({column}) AS BIGINT)" for column in counts.split(", "))
    batch = "(SELECT DISTINCT class FROM key_breaks WHERE escrow_id IS NULL)"
    key_totals = f"SELECT class, {counts} FROM read_csv('{key}/break_totals.csv') WHERE dt = '{date}'"
    said_totals = f"SELECT class, {summed} FROM {said[totals]} GROUP BY class"
    for what, has in (("escrow", "NOT IN"), ("batch", "IN")):
        only = [f"SELECT * FROM ({totals}) WHERE class {has} {batch}" for totals in (key_totals, said_totals)]
        told[f"{what}_totals"] = {"agreeing": count(" INTERSECT ".join(only)), "of": count(only[0])}
    told["broken_totals"] = count(f"SELECT * FROM {said[totals]} WHERE NOT holds")
    return told


if __name__ == "__main__":
    peer.run(sys.argv, (night, agree), duckdb.__version__)
