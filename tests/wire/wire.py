"""What the clients' tests share: where the server is, who logs in, and what is to be found."""

import decimal
import json
import os
import sys
from urllib.parse import quote

HOST = os.environ["TTT_HOST"]
PORT = int(os.environ["TTT_PORT"])
PASSWORD = os.environ["TTT_PASSWORD"]
CREATOR = os.environ["TTT_CREATOR"]
# What `ttt sql --json` finds in the same tables.
EXPECTED = json.load(open(os.environ["TTT_EXPECTED"]))

STATEMENT = (
    "SELECT dt, class, currency, opening_count, closing_count, closing_sum, holds FROM silver.break_totals "
    "ORDER BY dt, class, currency"
)

# Each kind of value, and what it is.
VALUES = """SELECT
  CAST('12345678901234567890123456789.123456789' AS DECIMAL(38, 9)) AS wide,
  CAST('-0.000000001' AS DECIMAL(28, 9)) AS small,
  CAST(9223372036854775807 AS BIGINT) AS large,
  CAST(0.1 AS DOUBLE) AS ratio,
  TRUE AS truth,
  'ünïcødé 日本 🎉 ''"\\' AS words,
  '' AS nothing,
  CAST(NULL AS VARCHAR) AS absent,
  CAST('2026-11-20' AS DATE) AS day,
  arrow_cast('2026-11-20T12:34:56.789012Z', 'Timestamp(Microsecond, Some("UTC"))') AS instant,
  ['a', 'b c', NULL, '', '"x"'] AS list,
  [1, 2, NULL] AS numbers"""

WIDE = decimal.Decimal("12345678901234567890123456789.123456789")
SMALL = decimal.Decimal("-0.000000001")
WORDS = "ünïcødé 日本 🎉 '\"\\"
LIST = ["a", "b c", None, "", '"x"']




def url(user, scheme="postgresql"):
    return f"{scheme}://{user}:{quote(PASSWORD)}@{HOST}:{PORT}/ttt"


def same(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: found {found!r}, expected {expected!r}")


def check_rows(rows, what):
    """Rows of STATEMENT, as what the program itself finds."""
    found = [
        [str(dt), cls, currency, opening, closing, decimal.Decimal(total), holds]
        for dt, cls, currency, opening, closing, total, holds in rows
    ]
    expected = [
        [row["dt"], row["class"], row["currency"], row["opening_count"], row["closing_count"],
         decimal.Decimal(row["closing_sum"]) if row["closing_sum"] is not None else None, row["holds"]]
        for row in EXPECTED
    ]
    same(len(found), len(expected), f"{what}: rows")
    for ours, theirs in zip(found, expected):
        same(ours, theirs, what)
