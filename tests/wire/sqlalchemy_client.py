"""SQLAlchemy: what its inspector reflects, tables made of it, rows by text and by expression, cursors on the server."""

import datetime
import decimal

import sqlalchemy
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text, types

from wire import SMALL, STATEMENT, VALUES, WIDE, WORDS, check_rows, same, url

COLUMNS = {"break_id": types.String, "class": types.String, "amount": types.Numeric, "first_seen": types.Date}


def reflected(engine):
    inspector = inspect(engine)
    same({"silver", "gold"} <= set(inspector.get_schema_names()), True, "schemas")
    same(inspector.default_schema_name, "public", "default schema")
    tables = set(inspector.get_table_names("silver"))
    same({"breaks", "reconciliation"} <= tables, True, "tables")
    same(inspector.get_view_names("silver"), [], "views")
    same(inspector.has_table("breaks", "silver"), True, "a table")
    same(inspector.has_table("nothing", "silver"), False, "no table")
    columns = {column["name"]: column for column in inspector.get_columns("breaks", "silver")}
    for name, kind in COLUMNS.items():
        same(isinstance(columns[name]["type"], kind), True, f"{name} is {columns[name]['type']!r}")
    amount = columns["amount"]
    same((amount["type"].precision, amount["type"].scale), (28, 9), "precision of an amount")
    same("money at stake" in amount["comment"], True, "a comment of a column")
    same("key: " in inspector.get_table_comment("breaks", "silver")["text"], True, "a comment of a table")
    # Keys are not enforced by anything here, so that none is said to be.
    same(inspector.get_pk_constraint("breaks", "silver")["constrained_columns"], [], "keys")
    for ask in ("get_foreign_keys", "get_indexes", "get_unique_constraints", "get_check_constraints"):
        same(getattr(inspector, ask)("breaks", "silver"), [], ask)
    every = inspector.get_multi_columns("silver")
    same({name for _, name in every}, tables, "columns of all tables at once")
    same([name for name, columns in every.items() if not columns], [], "tables without columns")


def asked(engine):
    breaks = Table("breaks", MetaData(), schema="silver", autoload_with=engine)
    with engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(breaks)).scalar_one()
        kinds = connection.execute(select(breaks.c["class"], func.sum(breaks.c.amount)).group_by(breaks.c["class"])).all()
        same(sum(1 for _ in connection.execute(select(breaks).limit(1000)).mappings()), min(count, 1000), "rows")
        same(all(isinstance(total, decimal.Decimal) for _, total in kinds if total is not None), True, "sums")
        found = connection.execute(select(breaks.c.first_seen).where(breaks.c.first_seen >= datetime.date(2026, 11, 20), breaks.c["class"].in_(["x", "y"])))
        same(found.all(), [], "compared")
        row = connection.execute(text(VALUES)).one()
        same((row.wide, row.small, row.words, row.absent), (WIDE, SMALL, WORDS, None), "values")
        check_rows(connection.execute(text(STATEMENT)).all(), "rows")
        same(connection.execute(text("SELECT :day"), {"day": datetime.date(2026, 11, 20)}).scalar() in (datetime.date(2026, 11, 20), "2026-11-20"), True, "a parameter")
        # Cursors on the server, which are named ones of the driver.
        streamed = connection.execution_options(stream_results=True, max_row_buffer=7).execute(text(STATEMENT))
        check_rows(streamed.all(), "streamed")
        same(connection.get_isolation_level(), "REPEATABLE READ", "isolation")


def superset(engine):
    """What Superset does with a database beside reflecting it: chooses a catalogue, samples, explains, groups by time."""
    with engine.connect() as connection:
        catalogs = connection.execute(text("SELECT datname FROM pg_database WHERE NOT datistemplate")).scalars().all()
        same(catalogs, ["ttt"], "catalogues")
        connection.execute(text('set search_path = "silver"'))
        same(connection.execute(text("SELECT count(*) > 0 FROM breaks")).scalar(), True, "a table by its name alone")
        connection.execute(text("SET search_path TO DEFAULT"))
        rows = connection.execute(text("SELECT * FROM (SELECT class, amount FROM silver.breaks) AS virtual_table LIMIT 1")).all()
        same(len(rows), 1, "a sample of a query")
        explained = connection.execute(text("EXPLAIN SELECT count(*) FROM silver.breaks")).all()
        same(len(explained) > 0, True, "an explained query")
        by_day = connection.execute(text(
            "SELECT DATE_TRUNC('day', first_seen) AS __timestamp, sum(amount) AS \"SUM(amount)\" FROM silver.breaks "
            "WHERE first_seen >= TO_DATE('2026-11-01', 'YYYY-MM-DD') "
            "AND first_seen < TO_TIMESTAMP('2026-12-01 00:00:00.000000', 'YYYY-MM-DD HH24\\:MI\\:SS.US') GROUP BY DATE_TRUNC('day', first_seen) ORDER BY \"SUM(amount)\" DESC LIMIT 1000"
        )).all()
        same(len(by_day) > 0, True, "grouped by time")


# By values apart from the text, and by values written into it, as Superset's driver does.
for driver in ("postgresql+psycopg", "postgresql+psycopg2"):
    engine = create_engine(url("finance", driver))
    reflected(engine)
    asked(engine)
    superset(engine)
    engine.dispose()
print("sqlalchemy", sqlalchemy.__version__)
