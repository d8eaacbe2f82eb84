"""asyncpg: prepared statements and binary values, cursors, pools, COPY, introspection."""

import asyncio
import datetime
import io

import asyncpg

from wire import LIST, SMALL, STATEMENT, VALUES, WIDE, WORDS, check_rows, same, url

UTC = datetime.timezone.utc


async def main():
    connection = await asyncpg.connect(url("finance"))
    row = tuple(await connection.fetchrow(VALUES))
    instant = datetime.datetime(2026, 11, 20, 12, 34, 56, 789012, UTC)
    expected = (WIDE, SMALL, 2**63 - 1, 0.1, True, WORDS, "", None, datetime.date(2026, 11, 20), instant, LIST, [1, 2, None])
    same(row, expected, "values")
    check_rows([tuple(row) for row in await connection.fetch(STATEMENT)], "rows")
    count = await connection.fetchval(
        "SELECT count(*) FROM silver.reconciliation WHERE dt = $1 AND class = $2", datetime.date(2026, 11, 20), "MATCHED"
    )
    same(count > 0, True, "parameters")
    async with connection.transaction():
        rows = [tuple(row) async for row in connection.cursor(STATEMENT, prefetch=5)]
    check_rows(rows, "a cursor")
    out = io.BytesIO()
    await connection.copy_from_query("SELECT 'é' AS a", output=out, format="csv")
    same(out.getvalue(), "é\n".encode(), "copy")
    try:
        await connection.fetch("SELECT 1/0")
    except asyncpg.PostgresError:
        pass
    same(await connection.fetchval("SELECT 1"), 1, "after an error")
    await connection.close()
    async with asyncpg.create_pool(url("analyst"), min_size=2, max_size=4) as pool:
        found = await asyncio.gather(*(pool.fetchval("SELECT count(*) FROM silver.breaks") for _ in range(12)))
        same(len(set(found)), 1, "a pool")


asyncio.run(main())
print("asyncpg", asyncpg.__version__)
