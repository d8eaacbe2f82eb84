"""pgcli: what it asks for its completion, and a query."""

import pgcli
from pgcli.pgexecute import PGExecute

from wire import HOST, PASSWORD, PORT, same

execute = PGExecute("ttt", "analyst", PASSWORD, HOST, PORT, None)
same("silver" in execute.schemata(), True, "schemas")
tables = {(schema, name) for schema, name in execute.tables()}
same(("silver", "breaks") in tables, True, f"tables {sorted(tables)[:5]}")
columns = {(column[0], column[1], column[2]) for column in execute.table_columns()}
same(("silver", "breaks", "amount") in columns, True, "columns")
list(execute.functions())
list(execute.datatypes())
same(execute.databases(), ["ttt"], "databases")
for _, rows, headers, status, *_ in execute.run("SELECT count(*) AS n FROM silver.breaks"):
    same(list(headers), ["n"], "headers")
    same(len(list(rows)), 1, f"rows: {status}")
print("pgcli", pgcli.__version__)
