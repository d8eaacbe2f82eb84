"""asyncpg: everything in binary form, types looked up, prepared statements, cursors, COPY, a pool, a cancel."""

import asyncio
import datetime
import decimal
import io

import asyncpg

from wire import HOST, LIST, PASSWORD, PORT, SMALL, STATEMENT, VALUES, WIDE, WORDS, check_rows, same

UTC = datetime.timezone.utc
PLACE = {"host": HOST, "port": PORT, "user": "finance", "password": PASSWORD, "database": "ttt", "ssl": False}
ENDLESS = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b"


async def values(connection):
    row = await connection.fetchrow(VALUES)
    instant = datetime.datetime(2026, 11, 20, 12, 34, 56, 789012, UTC)
    expected = (WIDE, SMALL, 2**63 - 1, 0.1, True, WORDS, "", None, datetime.date(2026, 11, 20), instant, LIST,
                [1, 2, None])
    same(tuple(row), expected, "values")
    # asyncpg knows few lists by itself: it asks the catalogue what the others are.
    lists = await connection.fetchrow("SELECT [CAST('0.000000001' AS DECIMAL(28, 9))] AS amounts, [TRUE, NULL] AS truths, "
                                      "[CAST('2026-11-20' AS DATE)] AS days")
    same(tuple(lists), ([-SMALL], [True, None], [datetime.date(2026, 11, 20)]), "lists")
    check_rows([tuple(row) for row in await connection.fetch(STATEMENT)], "rows")


async def parameters(connection):
    statement = await connection.prepare("SELECT count(*) FROM silver.reconciliation WHERE dt = $1 AND class = $2 AND gross > $3")
    same([kind.name for kind in statement.get_parameters()], ["date", "text", "numeric"], "parameters")
    same([column.name for column in statement.get_attributes()], ["count"], "columns")
    same(await statement.fetchval(datetime.date(2026, 11, 20), "MATCHED", WIDE), 0, "a prepared statement")
    same(await connection.fetchval("SELECT $1::int + 1", 41), 42, "a number")
    same(await connection.fetchval("SELECT count(*) FROM silver.breaks WHERE class = ANY($1::text[])", ["NOTHING"]), 0, "a list")


async def streams(connection):
    async with connection.transaction():
        found = [tuple(row) async for row in connection.cursor(STATEMENT, prefetch=7)]
        check_rows(found, "a cursor")
        cursor = await connection.cursor("SELECT value FROM generate_series(1, 100) ORDER BY value")
        await cursor.forward(10)
        same([row[0] for row in await cursor.fetch(3)], [11, 12, 13], "a cursor moved on")
    written = io.BytesIO()
    told = await connection.copy_from_query("SELECT 1 AS a, 'é' AS b WHERE 1 = $1", 1, output=written, format="csv", header=True)
    same((told, written.getvalue().decode()), ("COPY 1", "a,b\n1,é\n"), "copy")
    whole = io.BytesIO()
    told = await connection.copy_from_table("breaks", schema_name="silver", columns=["class"], output=whole)
    same(told, f"COPY {await connection.fetchval('SELECT count(*) FROM silver.breaks')}", "copy of a table")


async def ends(connection):
    started = asyncio.get_running_loop().time()
    try:
        await connection.fetch(ENDLESS, timeout=0.5)
        raise SystemExit("the statement was not cancelled")
    except asyncio.TimeoutError:
        same(asyncio.get_running_loop().time() - started < 1.6, True, "cancelled in time")
    same(await connection.fetchval("SELECT 1"), 1, "after a cancel")
    try:
        await connection.fetch("SELECT * FROM nowhere")
        raise SystemExit("nowhere was found")
    except asyncpg.UndefinedTableError:
        pass
    try:
        await connection.execute("DELETE FROM silver.breaks")
        raise SystemExit("something was deleted")
    except asyncpg.InsufficientPrivilegeError:
        pass


async def main():
    # A pool resets what it is given back.
    async with asyncpg.create_pool(**PLACE, min_size=2, max_size=4) as pool:
        same(await asyncio.gather(*(pool.fetchval(f"SELECT {number}") for number in range(12))), list(range(12)), "a pool")
        async with pool.acquire() as connection:
            same(connection.get_server_version().major, 16, "version")
            for check in (values, parameters, streams, ends):
                await check(connection)
    same(decimal.getcontext().prec, 28, "nothing is rounded on the way")


asyncio.run(main())
print("asyncpg", asyncpg.__version__)
