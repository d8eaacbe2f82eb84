"""The release of a day's insights by PipelineDP's local backend: the same metrics and bounds, as far as it has them.

    python peers_pipelinedp.py ROWS CREATORS VIEWERS

Rows are drawn as `insights_area` draws them and stand in memory before the clock starts. One aggregation a key that
metrics are broken down by; each bounds a viewer to one creator's day by the caps of the policy and adds Gaussian noise.
Prints rows, seconds and aggregations as JSON.
"""

import json
import sys
import time

import insights_area as area
import pipeline_dp
from pipeline_dp import Metrics


def rows(count: int, creators: int, viewers: int) -> list[tuple]:
    columns = area.drawn(0, count, creators, viewers)
    names = ["viewer", "creator", "video", "region", "device", "language", "referrer", "second", "watch_ms"]
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def aggregations(creators: int) -> list[tuple]:
    """Key of a row, the public keys, the metrics, partitions of a viewer, rows of a viewer in a partition."""
    every = range(creators)
    presence = [Metrics.PRIVACY_ID_COUNT]
    with_keys = lambda count: [(number, key) for number in every for key in range(count)]
    return [
        (lambda row: row[1], list(every), [Metrics.PRIVACY_ID_COUNT, Metrics.COUNT, Metrics.SUM], 4, 3),
        (lambda row: (row[1], row[3]), with_keys(len(area.REGIONS)), presence, 4, 1),
        (lambda row: (row[1], row[4]), with_keys(len(area.DEVICES)), presence, 4, 1),
        (lambda row: (row[1], row[5]), with_keys(len(area.LANGUAGES)), presence, 4, 1),
        (lambda row: (row[1], row[6]), with_keys(len(area.REFERRERS)), presence, 4, 1),
        (lambda row: (row[1], row[7] // 3600), with_keys(24), presence, 4, 1),
        (lambda row: (row[1], row[2]), with_keys(area.VIDEOS), [Metrics.COUNT, Metrics.SUM], 16, 3),
    ]


def release(data: list[tuple], creators: int) -> int:
    accountant = pipeline_dp.NaiveBudgetAccountant(total_epsilon=5.22, total_delta=1e-6)
    engine = pipeline_dp.DPEngine(accountant, pipeline_dp.LocalBackend())
    results = []
    for key, public, metrics, partitions, contributions in aggregations(creators):
        parameters = pipeline_dp.AggregateParams(
            metrics=metrics, noise_kind=pipeline_dp.NoiseKind.GAUSSIAN, max_partitions_contributed=partitions,
            max_contributions_per_partition=contributions, min_value=0, max_value=100,
        )
        extractors = pipeline_dp.DataExtractors(
            privacy_id_extractor=lambda row: row[0], partition_extractor=key,
            value_extractor=lambda row: row[8] / 1000,
        )
        results.append(engine.aggregate(data, parameters, extractors, public_partitions=public))
    accountant.compute_budgets()
    return sum(len(list(result)) for result in results)


def main() -> None:
    count, creators, viewers = (int(argument) for argument in sys.argv[1:4])
    data = rows(count, creators, viewers)
    begin = time.monotonic()
    cells = release(data, creators)
    print(json.dumps({"rows": count, "seconds": time.monotonic() - begin, "cells": cells}))


if __name__ == "__main__":
    main()
