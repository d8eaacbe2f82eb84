"""DuckDB doing the night's work: one process, one COPY a source, then the classes in SQL.

Called by `night.py` as `python peers_duckdb.py TASK key=value…`, so that each task is a process of its own.
The SQL stands in `duckdb/`.
"""

import sys
import time
from pathlib import Path

import duckdb

import peer

SQL = Path(__file__).parent / "duckdb"
PAYMENTS = ("escrow", "wallet", "ledger")


def connect(threads: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, in UTC, without a memory limit; the order of lines need not be kept."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def sql(name: str, **values: str) -> str:
    """A file of SQL with its `{names}` filled in."""
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{" + key + "}", value)
    return text


def write(connection: duckdb.DuckDBPyConnection, select: str, path: str) -> int:
    """Copies a SELECT to zstd Parquet and returns how many rows it wrote."""
    copy = f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    return connection.execute(copy).fetchone()[0]


def ingest_payments(landing: str, folder: str, date: str, threads: str) -> dict:
    """Payments to Parquet. Flagged rows stay in the file; they are copied out once more as rejects."""
    connection = connect(threads)
    rows = rejects = 0
    for source in PAYMENTS:
        path = f"{folder}/{source}.parquet"
        rows += write(connection, sql(source, landing=landing, date=date), path)
        flagged = f"SELECT * FROM read_parquet('{path}') WHERE rejected"
        rejects += write(connection, flagged, f"{folder}/{source}_rejects.parquet")
    return {"rows": rows - rejects, "rejects": rejects}


def ingest_access(landing: str, folder: str, date: str, threads: str) -> dict:
    """Access logs to Parquet; what the CSV reader refused goes to a file of rejects, each with its error."""
    connection = connect(threads)
    rows = write(connection, sql("access", landing=landing, date=date), f"{folder}/access.parquet")
    refused = (
        "SELECT DISTINCT ON (file_path, line) file_path, line, error_type, error_message, csv_line "
        "FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
    )
    rejects = write(connection, refused, f"{folder}/access_rejects.parquet")
    return {"rows": rows, "rejects": rejects}


def reconcile(folder: str, date: str, threads: str, **watermarks: str) -> dict:
    """The classes of the day's escrows, from the Parquet files of `ingest_payments`."""
    connection = connect(threads)
    literals = {name: f"TIMESTAMPTZ '{value}'" for name, value in watermarks.items()}
    end_of_day = f"(TIMESTAMPTZ '{date} 00:00:00Z' + INTERVAL 1 DAY)"
    connection.execute(sql("rounding"))
    begin = time.monotonic()
    connection.execute(sql("repeated", folder=folder))
    repeated_keys_s = time.monotonic() - begin
    select = sql("reconcile", end_of_day=end_of_day, lag_hours="24", age_limit_days="7", **literals)
    rows = write(connection, select, f"{folder}/reconciliation.parquet")
    return {"rows": rows, "repeated_keys_s": round(repeated_keys_s, 3)}


def sessions(warehouse: str, out: str, date: str, threads: str) -> dict:
    """Viewing sessions of the day, from the Parquet files of bronze."""
    connection = connect(threads)
    # A day does not fit into the memory of a small machine: what does not, goes to the disk.
    connection.execute(f"SET temp_directory = '{out}.spill'")
    tables = {"requests": "cdn_requests", "playbacks": "playbacks", "contents": "contents"}
    paths = {name: f"{warehouse}/bronze/{table}/dt={date}/*.parquet" for name, table in tables.items()}
    return {"rows": write(connection, sql("sessions", **paths), out)}


if __name__ == "__main__":
    peer.run(sys.argv, (ingest_payments, ingest_access, reconcile, sessions), duckdb.__version__)
