"""SQLAlchemy: reflection of schemas, tables, columns and comments, and a query built from them."""

import sqlalchemy
from sqlalchemy import MetaData, Table, func, inspect, select

from wire import STATEMENT, check_rows, same, url

engine = sqlalchemy.create_engine(url("finance", "postgresql+psycopg"))
inspector = inspect(engine)
same({"silver", "gold", "bronze"} <= set(inspector.get_schema_names()), True, "schemas")
tables = inspector.get_table_names(schema="silver")
same("reconciliation" in tables and "route_probes" not in tables, True, f"tables {tables}")
columns = {column["name"]: str(column["type"]) for column in inspector.get_columns("reconciliation", schema="silver")}
same(columns.get("gross", "").startswith("NUMERIC"), True, f"columns {columns}")
same(columns.get("payer"), "TEXT", "a party")
same(columns.get("flags", "").upper(), "TEXT[]", "a list") if "flags" in columns else None
comment = inspector.get_table_comment("reconciliation", schema="silver")["text"]
same("escrow" in (comment or ""), True, f"comment {comment}")
with engine.connect() as connection:
    table = Table("breaks", MetaData(), schema="silver", autoload_with=engine)
    found = connection.execute(select(func.count()).select_from(table)).scalar()
    same(found, connection.exec_driver_sql("SELECT count(*) FROM silver.breaks").scalar(), "a built query")
    check_rows([tuple(row) for row in connection.exec_driver_sql(STATEMENT)], "rows")
print("sqlalchemy", sqlalchemy.__version__)
