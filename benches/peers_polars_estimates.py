"""Polars doing what `ttt run estimates` does, from the same Parquet files, with the same shrinkage written anew.

Called by `estimates.py` as `python peers_polars_estimates.py estimates key=value…`. The heavy part, from sessions to
sums and histograms by cell and node, is one lazy query on the streaming engine. Quantiles come of the same buckets.
"""

import sys
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate

import polars as pl

import peer

CODECS = ["AVC", "VP9", "HEVC", "AV1"]
PLACES = {codec: place for place, codec in enumerate(CODECS)}
CELL = ["region", "codec", "content_class"]
SHARES = {"rtt": 0.95, "throughput": 0.10}
SUM = {"rtt": "rtt_ms", "throughput": "throughput_kbps"}


def bucket(value: pl.Expr) -> pl.Expr:
    """64 buckets to each power of two."""
    shift = (value.log(2).floor().cast(pl.Int64) - 6).clip(0)
    return shift * 64 + value // pl.lit(2, pl.Int64).pow(shift)


def middle(number: int) -> float:
    shift = max((number >> 6) - 1, 0)
    return ((number - (shift << 6)) << shift) + ((1 << shift) - 1) / 2


def bronze(warehouse: str, table: str, date: str) -> pl.LazyFrame:
    return pl.scan_parquet(f"{warehouse}/bronze/{table}/dt={date}/*.parquet").filter(~pl.col("conflict"))


def sessions(warehouse: str, date: str) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    rank = pl.struct("source_file", "source_line")
    contents = (
        bronze(warehouse, "contents", date).sort(rank).group_by("content_id").last()
        .select(
            "content_id",
            content_class=pl.when(pl.col("duration_ms") > 60_000).then(pl.lit("LONG")).otherwise(pl.lit("SHORT")),
            offered=pl.col("renditions").list.eval(pl.element().struct.field("codec")),
        )
    )
    best = pl.coalesce(
        pl.when(pl.col("offered").list.contains(codec) & pl.col("device_codecs").list.contains(codec))
        .then(pl.lit(codec))
        for codec in reversed(CODECS)
    ).fill_null("AVC")
    played = (
        bronze(warehouse, "playbacks", date).select("session_id", "region", "content_id", "device_codecs")
        .join(contents, on="content_id", how="left")
        .select("session_id", "region", pl.col("content_class").fill_null("SHORT"), stated=best)
    )
    return played, contents.select("content_id", "content_class")


def demand(
    warehouse: str, date: str, played: pl.LazyFrame, contents: pl.LazyFrame
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Demand by cell, and the codec that each session was sent most of."""
    nodes = bronze(warehouse, "nodes", date).select("node_id", node_region="region")
    requests = (
        bronze(warehouse, "cdn_requests", date)
        .select("at", "node_id", "bytes_sent", "content_id", "codec", "session_id")
        .join(played.select("session_id", "region", "stated"), on="session_id", how="left")
        .join(contents, on="content_id", how="left")
        .join(nodes, on="node_id", how="left")
        .with_columns(
            by_node=pl.col("region").is_null(), region=pl.coalesce("region", "node_region"),
            content_class=pl.col("content_class").fill_null("SHORT"), hour=pl.col("at").dt.hour(),
        )
    )
    cells = requests.group_by(*CELL, "hour").agg(
        requests=pl.len(), bytes=pl.col("bytes_sent").sum(),
        node_region_bytes=pl.col("bytes_sent").filter("by_node").sum(),
        sessions=pl.col("session_id").filter(~pl.col("by_node")).n_unique(),
    )
    sent = (
        requests.filter(~pl.col("by_node"))
        .group_by("session_id", "codec").agg(kib=((pl.col("bytes_sent") + 1023) // 1024).sum())
        .with_columns(place=pl.col("codec").replace_strict(PLACES, return_dtype=pl.Int8))
        .group_by("session_id").agg(most=pl.col("codec").sort_by("kib", "place").last())
    )
    return cells, sent


def probes(warehouse: str, date: str, played: pl.LazyFrame, sent: pl.LazyFrame) -> pl.LazyFrame:
    r, p, t = pl.col("rtt_ms"), pl.col("propensity"), pl.col("throughput_kbps")
    return (
        bronze(warehouse, "playbacks", date).select("session_id", "probes").explode("probes")
        .select("session_id", pl.col("probes").struct.unnest())
        .filter((r > 0) & (r <= 60_000) & (p >= 1e-6) & (p <= 1))
        .join(played, on="session_id").join(sent, on="session_id", how="left")
        .with_columns(codec=pl.coalesce("most", "stated"))
        .select(*CELL, "node_id", "chosen_by", "rtt_ms", "throughput_kbps", "propensity",
                rtt=bucket((r * 1000).round().cast(pl.Int64)), throughput=bucket((t * 1000).round().cast(pl.Int64)))
    )


def sums(measured: pl.LazyFrame) -> pl.LazyFrame:
    r, w, t = pl.col("rtt_ms"), 1 / pl.col("propensity"), pl.col("throughput_kbps")
    return measured.group_by(*CELL, "node_id", "chosen_by").agg(
        samples=pl.len(), rtt_ms_sum=r.sum(), rtt_ms_squared_sum=(r * r).sum(), propensity_inverse_sum=w.sum(),
        propensity_inverse_squared_sum=(w * w).sum(), rtt_ms_weighted_sum=(r * w).sum(),
        rtt_ms_weighted_twice_sum=(r * w * w).sum(), rtt_ms_squared_weighted_sum=(r * r * w).sum(),
        rtt_ms_squared_weighted_twice_sum=(r * w * r * w).sum(), throughput_samples=t.count(),
        throughput_kbps_sum=t.sum(), throughput_kbps_squared_sum=(t * t).sum(),
    )


def histogram(measured: pl.LazyFrame, of: str) -> pl.LazyFrame:
    return measured.group_by(*CELL, "node_id", pl.col(of).alias("bucket")).agg(count=pl.len())


class Level:
    """The variances of one level, and what they say: the credibility of Bühlmann and Straub."""

    def __init__(self, children: list, noise: float | None):
        by_parent = defaultdict(list)
        for parent, weight, value in children:
            by_parent[parent].append((weight, value))
        self.means = {
            parent: (sum(w for w, _ in of), sum(w * v for w, v in of) / sum(w for w, _ in of))
            for parent, of in by_parent.items()
        }
        deviations = sum(w * (v - self.means[parent][1]) ** 2 for parent, of in by_parent.items() for w, v in of)
        freedom = sum(len(of) - 1 for of in by_parent.values())
        scale = sum(
            self.means[parent][0] - sum(w * w for w, _ in of) / self.means[parent][0]
            for parent, of in by_parent.items() if len(of) > 1
        )
        self.noise, self.spread = noise, 0.0
        if noise is None:
            self.noise = deviations / freedom if freedom else None
        elif scale > 0:
            self.spread = max((deviations - freedom * noise) / scale, 0.0)
        self.children = children

    def share(self, weight: float) -> float:
        own = weight * self.spread
        return own / (own + (self.noise or 0.0)) if own > 0 else 0.0

    def around(self, parent: float) -> "Level":
        """The same where it is known what is true of the parents."""
        weights = sum(weight for _, weight, _ in self.children)
        deviations = sum(weight * (value - parent) ** 2 for _, weight, value in self.children)
        self.spread = max((deviations - len(self.children) * self.noise) / weights, 0.0)
        return self

    def rise(self) -> tuple[dict, float | None]:
        if self.spread <= 0:
            return self.means, self.noise
        believed = Level([(parent, self.share(weight), value) for parent, weight, value in self.children], 0.0)
        return believed.means, self.spread


def within(groups: list) -> float | None:
    """From counts and sums of squared deviations."""
    freedom = sum(n - 1 for n, _ in groups if n > 1)
    return sum(max(d, 0.0) for n, d in groups if n > 1) / freedom if freedom else None


class Spread:
    """A distribution of counted values."""

    def __init__(self, counts: dict):
        self.values = [middle(number) * 0.001 for number in sorted(counts)]
        self.counts = list(accumulate(counts[number] for number in sorted(counts)))
        self.total = self.counts[-1] if self.counts else 0
        steps = zip(self.values, self.counts, [0, *self.counts])
        self.mean = sum(v * (to - of) for v, to, of in steps) / self.total if self.total else 0.0

    def share_to(self, value: float) -> float:
        place = bisect_right(self.values, value)
        return self.counts[place - 1] / self.total if place else 0.0


def mixture(parts: list, share: float) -> float:
    """The least value up to which a share of a mixture lies."""
    parts = [(of, scale, weight) for of, scale, weight in parts if weight > 0 and of.total]
    jumps = sorted({value * scale for of, scale, _ in parts for value in of.values})
    low, high = 0, len(jumps) - 1
    while low < high:
        place = (low + high) // 2
        reached = sum(weight * of.share_to(jumps[place] / scale * (1 + 1e-12)) for of, scale, weight in parts)
        low, high = (low, place) if reached >= share - 1e-12 else (place + 1, high)
    return jumps[low]


def shrink(rows: list, counts: dict, node_regions: dict, share: float) -> dict:
    """Mean and quantile of each cell and node with a sample.

    `rows` are (region, codec, class, node, n, sum, squares).
    """
    group = lambda row: (row[0], row[2], row[3])
    pair_of = lambda key: (key[0], node_regions.get(key[2]))
    noise = within([(row[4], row[6] - row[5] ** 2 / row[4]) for row in rows])
    cells = Level([(group(row), row[4], row[5] / row[4]) for row in rows], noise)
    groups, noise = cells.rise()
    in_pairs = Level([(pair_of(key), *mean) for key, mean in groups.items()], noise)
    pairs, pair_noise = in_pairs.rise()
    of_all = Level([(0, *mean) for mean in pairs.values()], pair_noise)
    overall = of_all.rise()[0][0][1]
    expected = {pair: overall + of_all.share(w) * (v - overall) for pair, (w, v) in pairs.items()}
    in_nodes = Level([(key[2], w, v - expected[pair_of(key)]) for key, (w, v) in groups.items()], noise)
    nodes, node_noise = in_nodes.rise()
    node_level = Level([(0, *mean) for mean in nodes.values()], node_noise)
    least = min(v for _, v in groups.values())
    prior = {
        key: max(expected[pair_of(key)] + node_level.share(w) * v, min(least, expected[pair_of(key)]))
        for key, (w, v) in ((key, nodes[key[2]]) for key in groups)
    }
    means = {key: prior[key] + in_nodes.share(w) * (v - prior[key]) for key, (w, v) in groups.items()}

    pooled, of_pair = defaultdict(lambda: defaultdict(int)), defaultdict(lambda: defaultdict(int))
    for row in rows:
        for number, count in counts[row[:4]].items():
            pooled[group(row)][number] += count
            of_pair[pair_of(group(row))][number] += count
    spreads = {key: Spread(of) for key, of in pooled.items()}
    pair_spreads = {pair: Spread(of) for pair, of in of_pair.items()}
    pair_quantiles = {pair: mixture([(of, 1.0, 1.0)], share) for pair, of in pair_spreads.items()}
    scales = {key: prior[key] / pair_spreads[pair_of(key)].mean for key in groups}
    said = {key: pair_quantiles[pair_of(key)] * scales[key] for key in groups}
    level = shares(share, [(0, of.total, of.share_to(said[key])) for key, of in spreads.items()])
    own = {key: level.share(of.total) for key, of in spreads.items()}
    parts = {
        key: [(of, 1.0, own[key]), (pair_spreads[pair_of(key)], scales[key], 1 - own[key])]
        for key, of in spreads.items()
    }
    quantiles = {key: mixture(of, share) for key, of in parts.items()}
    leaves = {row[:4]: Spread(counts[row[:4]]) for row in rows}
    level = shares(share, [(group(row), row[4], leaves[row[:4]].share_to(quantiles[group(row)])) for row in rows])
    found = {}
    for row in rows:
        key, weight = group(row), cells.share(row[4])
        tail = level.share(row[4])
        mixed = [(leaves[row[:4]], 1.0, tail)] + [(of, scale, (1 - tail) * w) for of, scale, w in parts[key]]
        found[row[:4]] = (weight * row[5] / row[4] + (1 - weight) * means[key], mixture(mixed, share))
    return found


def shares(share: float, children: list) -> Level:
    return Level(children, within([(n, n * s * (1 - s)) for _, n, s in children])).around(share)


def estimates(warehouse: str, date: str, out: str) -> dict:
    played, contents = sessions(warehouse, date)
    cells, sent = demand(warehouse, date, played, contents)
    measured = probes(warehouse, date, played, sent)
    queries = [cells, sums(measured), histogram(measured, "rtt"), histogram(measured, "throughput")]
    cells, totals, *histograms = pl.collect_all(queries, engine="streaming")
    cells.write_parquet(f"{out}/demand.parquet")
    totals.write_parquet(f"{out}/probes.parquet")
    nodes = dict(bronze(warehouse, "nodes", date).select("node_id", "region").collect().iter_rows())
    columns = defaultdict(dict)
    for (name, of), counts in zip(SHARES.items(), histograms):
        by_leaf = defaultdict(dict)
        for *leaf, number, count in counts.iter_rows():
            if number is not None:
                by_leaf[tuple(leaf)][number] = count
        n = "samples" if name == "rtt" else "throughput_samples"
        pooled = totals.group_by(*CELL, "node_id").agg(
            pl.col(n).sum(), pl.col(f"{SUM[name]}_sum").sum(), pl.col(f"{SUM[name]}_squared_sum").sum()
        ).filter(pl.col(n) > 0).sort(CELL + ["node_id"])
        for leaf, (mean, quantile) in shrink(list(pooled.iter_rows()), by_leaf, nodes, of).items():
            columns[leaf] |= {f"{name}_mean": mean, f"{name}_quantile": quantile}
    rows = [dict(zip([*CELL, "node_id"], leaf)) | values for leaf, values in columns.items()]
    pl.DataFrame(rows).write_parquet(f"{out}/estimates.parquet")
    return {"probes": int(totals["samples"].sum()), "rows": len(rows)}


if __name__ == "__main__":
    peer.run(sys.argv, (estimates,), pl.__version__)
