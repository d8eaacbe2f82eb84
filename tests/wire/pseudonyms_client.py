"""What an analyst sees of persons where there are keys: one name for one person in a month, and no way back."""

import re

import psycopg

from wire import same, url

with psycopg.connect(url("finance"), autocommit=True) as connection:
    full = dict(connection.execute("SELECT escrow_id, payer FROM silver.reconciliation WHERE payer IS NOT NULL").fetchall())
    creators = {creator for creator, in connection.execute("SELECT DISTINCT creator FROM silver.reconciliation WHERE creator IS NOT NULL").fetchall()}
same(len(full) > 10, True, "payers")

with psycopg.connect(url("analyst"), autocommit=True) as connection:
    shown = dict(connection.execute("SELECT escrow_id, payer FROM silver.reconciliation WHERE payer IS NOT NULL").fetchall())
    same(shown.keys(), full.keys(), "the same rows")
    same([name for name in shown.values() if not re.fullmatch("[0-9a-f]{32,64}", name)], [], "names that tell nothing")
    # One to one: as many names as persons, each person always the same.
    pairs = {(full[escrow], shown[escrow]) for escrow in full}
    same((len(pairs), len({name for _, name in pairs})), (len(set(full.values())), len(set(full.values()))), "one name each")
    # The same name in other tables, so that they can be joined; every column of parties is one of names.
    statements = {name for name, in connection.execute("SELECT DISTINCT creator FROM gold.creator_statement_daily WHERE creator IS NOT NULL").fetchall()}
    reconciled = {name for name, in connection.execute("SELECT DISTINCT creator FROM silver.reconciliation").fetchall()}
    same(statements & creators, set(), "no creator by the own name")
    same(bool(statements) and statements <= reconciled, True, "one name over tables")
    columns = connection.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_schema IN ('silver', 'gold') "
        "AND data_type = 'text'"
    ).fetchall()
    same(len(columns) > 100, True, "columns of texts")
    for schema, table, column in columns:
        told = connection.execute(f'SELECT count(*) FROM {schema}.{table} WHERE "{column}" LIKE \'did:%\'').fetchone()
        same(told, (0,), f"{schema}.{table}.{column}")
    # Who knows a person may not ask for the name.
    for attempt in ("SELECT pseudonym_of('did:key:x', DATE '2026-11-20')", "SELECT pseudonym('did:key:x')"):
        try:
            connection.execute(attempt)
            raise SystemExit(f"{attempt} was answered")
        except psycopg.errors.UndefinedFunction:
            pass
print("pseudonyms", len(pairs))
