"""An analyst who reads all there is, and tries to find out by what name a person goes. Prints what was found as JSON."""

import json
import os

import psycopg

DID = os.environ["TTT_DID"]
url = f"postgresql://analyst:{os.environ['TTT_PASSWORD'].replace(' ', '%20')}@127.0.0.1:{os.environ['TTT_PORT']}/ttt"


def distinct(connection, column: str) -> list:
    """The parties of reconciled payments; none where the column is not shown."""
    try:
        rows = connection.execute(f"SELECT DISTINCT {column} FROM silver.reconciliation").fetchall()
    except psycopg.errors.UndefinedColumn:
        return []
    return [row[0] for row in rows]


with psycopg.connect(url, autocommit=True) as connection:
    found = {"payers": distinct(connection, "payer"), "creators": distinct(connection, "creator")}
    listed = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('bronze', 'silver', 'gold', 'ops')"
    ).fetchall()
    found["tables"] = {}
    for schema, table in listed:
        rows = connection.execute(f"SELECT * FROM {schema}.{table}").fetchall()
        found["tables"][f"{schema}.{table}"] = [[str(cell) for cell in row] for row in rows]
    found["columns_of_presence"] = [row[0] for row in connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'viewer_presence'").fetchall()]
    found["guessed"], found["refused"] = [], []
    for attempt in [
        f"SELECT pseudonym('{DID}', DATE '2026-11-20')",
        f"SELECT pseudonym_of('{DID}', DATE '2026-11-20')",
        "SELECT viewer FROM bronze.playbacks",
        "SELECT pair_hash FROM silver.viewer_presence",
    ]:
        try:
            found["guessed"].append(str(connection.execute(attempt).fetchall()))
        except psycopg.Error as error:
            found["refused"].append(f"{attempt}: {error.sqlstate}")
    print(json.dumps(found))
