"""Whether two tools gave each escrow the same class: `python compare.py KEY.csv CLASSES.(parquet|csv)`.

A process of its own, so that the one that measures stays small.
"""

import json
import sys

import duckdb

from landing import DATE

QUERY = """
    WITH
    key AS (
        SELECT escrow_id, class, nullif(subcode, '') AS subcode
        FROM read_csv('{key}', all_varchar = true)
        WHERE dt = '{date}'
    ),

    said AS (SELECT escrow_id, class, nullif(subcode, '') AS subcode FROM {said}),

    pairs AS (
        SELECT
            concat_ws(':', key.class, key.subcode) AS expected,
            concat_ws(':', said.class, said.subcode) AS actual,
            count(*) AS escrows
        FROM key FULL JOIN said USING (escrow_id)
        GROUP BY ALL
    )

    SELECT expected, actual, escrows FROM pairs ORDER BY escrows DESC, expected, actual
"""


def main(key: str, classes: str) -> None:
    """Prints how many escrows agree, and the pairs that do not, as JSON."""
    said = f"read_csv('{classes}', all_varchar = true)" if classes.endswith(".csv") else f"read_parquet('{classes}')"
    pairs = duckdb.sql(QUERY.format(key=key, said=said, date=DATE)).fetchall()
    different = [pair for pair in pairs if pair[0] != pair[1]]
    agreeing = sum(escrows for expected, actual, escrows in pairs if expected == actual)
    print(json.dumps({"agreeing": agreeing, "classes": len({pair[0] for pair in pairs}), "different": different}))


if __name__ == "__main__":
    main(*sys.argv[1:])
