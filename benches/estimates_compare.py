"""Holds the estimates of `ttt` against those of the peer: the greatest relative difference of each quantity.

Called by `estimates.py` as `python estimates_compare.py WAREHOUSE PEER_FOLDER DATE`. Ends with an error where rows
differ, or a number does by more than its tolerance.
"""

import json
import sys

import polars as pl

CELL = ["region", "codec", "content_class"]
# Sums are of the same terms, rounded to a millionth; estimates are made of them alike.
TOLERANCE = 1e-6


def silver(warehouse: str, table: str, date: str) -> pl.DataFrame:
    return pl.read_parquet(f"{warehouse}/silver/{table}/dt={date}/*.parquet")


def differences(ours: pl.DataFrame, theirs: pl.DataFrame, key: list[str], columns: dict[str, str]) -> dict[str, float]:
    """Of columns of ours by the names of theirs."""
    joined = ours.join(theirs, on=key, how="full", coalesce=True, suffix="_peer", nulls_equal=True)
    if joined.height != ours.height or joined.height != theirs.height:
        raise SystemExit(f"{ours.height} rows and {theirs.height} have {joined.height} keys")
    found = {}
    for own, peer in columns.items():
        peer = f"{peer}_peer" if peer in ours.columns else peer
        relative = ((pl.col(own) - pl.col(peer)).abs() / pl.max_horizontal(pl.col(peer).abs(), 1e-9))
        both = pl.col(own).is_null() == pl.col(peer).is_null()
        if not joined.select(both.all()).item():
            raise SystemExit(f"{own}: one is null where the other is not")
        found[own] = joined.select(relative.max()).item()
    return found


def main() -> None:
    warehouse, out, date = sys.argv[1:]
    hourly = pl.read_parquet(f"{out}/demand.parquet")
    demand = hourly.group_by(CELL).agg(
        pl.col("requests", "bytes", "node_region_bytes").sum(), peak_hour_bytes=pl.col("bytes").max()
    )
    found = differences(silver(warehouse, "route_demand", date), demand, CELL,
                        {name: name for name in ("requests", "bytes", "node_region_bytes", "peak_hour_bytes")})
    probes = pl.read_parquet(f"{out}/probes.parquet")
    sums = {name: name for name in probes.columns if name.endswith("sum") or name.endswith("samples")}
    found |= differences(silver(warehouse, "route_probes", date), probes, [*CELL, "node_id", "chosen_by"], sums)
    estimates = silver(warehouse, "route_estimates", date).filter(pl.col("samples") > 0)
    named = {"rtt_ms_mean": "rtt_mean", "rtt_ms_p95": "rtt_quantile", "throughput_kbps_p10": "throughput_quantile"}
    found |= differences(estimates, pl.read_parquet(f"{out}/estimates.parquet"), [*CELL, "node_id"], named)
    wrong = {name: value for name, value in found.items() if value > TOLERANCE}
    if wrong:
        raise SystemExit(f"beyond {TOLERANCE}: {wrong}")
    print(json.dumps({name: found[name] for name in ("bytes", "rtt_ms_sum", *named)}))


if __name__ == "__main__":
    main()
