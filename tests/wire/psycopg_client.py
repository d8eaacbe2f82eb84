"""psycopg 3: text and binary, parameters, server-side cursors, COPY, transactions, cancel."""

import datetime
import time

import psycopg

from wire import LIST, SMALL, STATEMENT, VALUES, WIDE, WORDS, check_rows, same, url

UTC = datetime.timezone.utc

with psycopg.connect(url("finance"), autocommit=True) as connection:
    for binary in (False, True):
        with connection.cursor(binary=binary) as cursor:
            cursor.execute(VALUES)
            row = cursor.fetchone()
            instant = datetime.datetime(2026, 11, 20, 12, 34, 56, 789012, UTC)
            expected = (WIDE, SMALL, 2**63 - 1, 0.1, True, WORDS, "", None, datetime.date(2026, 11, 20), instant, LIST,
                        [1, 2, None])
            same(row, expected, f"values, binary={binary}")
            check_rows(cursor.execute(STATEMENT).fetchall(), f"rows, binary={binary}")
    # Parameters of several kinds, by number and by what they are compared with.
    found = connection.execute(
        "SELECT count(*) FROM silver.reconciliation WHERE dt = %s AND class = %s AND gross > %s",
        (datetime.date(2026, 11, 20), "MATCHED", WIDE),
    ).fetchone()
    same(found, (0,), "parameters")
    same(connection.execute("SELECT %s::int + 1, %s::text", (41, "é")).fetchone(), (42, "é"), "casts")
    # COPY in each of its forms.
    with connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT 1 AS a, NULL::text AS b, E'x\\ty' AS c) TO STDOUT") as copy:
            same(b"".join(copy), b"1\t\\N\tx\\ty\n", "copy text")
        with cursor.copy("COPY (SELECT 1 AS a, 'x,\"y' AS b) TO STDOUT (FORMAT csv, HEADER)") as copy:
            same(b"".join(copy), b'a,b\n1,"x,""y"\n', "copy csv")
        with cursor.copy(f"COPY ({VALUES}) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["numeric", "numeric", "int8", "float8", "bool", "text", "text", "text", "date", "timestamptz",
                            "text[]", "int8[]"])
            same(list(copy.rows()), [expected], "copy binary")
        with cursor.copy("COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)") as copy:
            same(list(copy.rows()), [], "copy of nothing")
    # What is not there and what is not allowed has PostgreSQL's codes.
    for statement, code in [
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT nothing FROM silver.breaks", "42703"),
        ("SELEC 1", "42601"),
        ("DELETE FROM silver.breaks", "42501"),
        ("SELECT * FROM bronze.playbacks", "42P01"),
        ("SET datafusion.runtime.memory_limit = '1T'", "42501"),
    ]:
        try:
            connection.execute(statement)
            raise SystemExit(f"{statement} was answered")
        except psycopg.Error as error:
            same(error.sqlstate, code, statement)
    # A statement's own time, and a cancel, end it within a second.
    endless = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b"
    connection.execute("SET statement_timeout = 500")
    started = time.monotonic()
    try:
        connection.execute(endless)
        raise SystemExit("the statement was not stopped")
    except psycopg.errors.QueryCanceled:
        same(time.monotonic() - started < 1.5, True, "stopped in time")
    connection.execute("RESET statement_timeout")
    import threading

    timer = threading.Timer(0.5, connection.cancel_safe)
    timer.start()
    started = time.monotonic()
    try:
        connection.execute(endless)
        raise SystemExit("the statement was not cancelled")
    except psycopg.errors.QueryCanceled:
        same(time.monotonic() - started < 1.6, True, "cancelled in time")
    # A day before the warehouse was, its tables were empty. A text that was asked before is of the time that is set now.
    counted = "SELECT count(*) FROM silver.breaks"
    latest = connection.execute(counted).fetchone()
    connection.execute("SET ttt.as_of = '2020-01-01'")
    same(connection.execute(counted).fetchone(), (0,), "as of")
    connection.execute("RESET ttt.as_of")
    same((connection.execute(counted).fetchone(), latest > (0,)), (latest, True), "the latest again")
    first, second = (connection.execute("SELECT now()").fetchone() for _ in range(2))
    same(second > first, True, "the time of day")
    series = "SELECT max(value) FROM generate_series(now(), now() + INTERVAL '1 day', INTERVAL '1 day')"
    first, second = (connection.execute(series).fetchone() for _ in range(2))
    same(second > first, True, "the time of day in a series")
    # Nor are names looked for where they were found before.
    for path, found in [("silver", True), ("gold", False), ("silver", True)]:
        connection.execute(f"SET search_path = {path}")
        try:
            same((connection.execute("SELECT count(*) FROM breaks").fetchone(), found), (latest, True), path)
        except psycopg.errors.UndefinedTable:
            same(found, False, path)
    connection.execute("RESET search_path")
    # Types have the names of the standard, here as in pg_catalog.
    kinds = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'silver' "
        "AND table_name = 'reconciliation' AND column_name IN ('dt', 'class', 'gross', 'flags') ORDER BY 1"
    ).fetchall()
    same(kinds, [("class", "text"), ("dt", "date"), ("flags", "ARRAY"), ("gross", "numeric")], "names of types")
    # A saved question is asked like a table.
    rows = connection.execute("SELECT sum(breaks) FROM open_breaks_by_age()").fetchone()
    count = connection.execute("SELECT count(*) FROM silver.breaks WHERE status = 'OPEN'").fetchone()
    same(int(rows[0]), count[0], "a question")

with psycopg.connect(url("finance")) as connection:
    # Named cursors: described by their name, fetched from in parts, in both forms, moved on, held over a commit.
    for binary in (False, True):
        with connection.cursor("named", binary=binary) as cursor:
            cursor.itersize = 7
            cursor.execute(STATEMENT)
            same([column.name for column in cursor.description][:2], ["dt", "class"], "columns of a named cursor")
            check_rows(list(cursor), f"a named cursor, binary={binary}")
    with connection.cursor("given") as cursor:
        cursor.execute("SELECT value FROM generate_series(1, 100) WHERE value > %s ORDER BY value", (10,))
        cursor.scroll(5)
        same(cursor.fetchmany(2), [(16,), (17,)], "a named cursor with parameters, moved on")
    with connection.cursor("held", withhold=True) as cursor:
        cursor.execute("SELECT value FROM generate_series(1, 3) ORDER BY value")
        connection.commit()
        same(cursor.fetchall(), [(1,), (2,), (3,)], "a cursor held over a commit")
    connection.execute(f"DECLARE few CURSOR FOR {STATEMENT}")
    found = []
    while rows := connection.execute("FETCH FORWARD 7 FROM few").fetchall():
        found += rows
    check_rows(found, "a cursor")
    try:
        connection.execute("SELECT nothing")
    except psycopg.Error:
        pass
    try:
        connection.execute("SELECT 1")
        raise SystemExit("a transaction that has failed went on")
    except psycopg.errors.InFailedSqlTransaction:
        connection.rollback()
    same(connection.execute("SELECT 1").fetchone(), (1,), "after a rollback")
print("psycopg", psycopg.__version__)
