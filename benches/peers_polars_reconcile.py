"""The classes of silver.reconciliation in Polars: full outer joins of the three sides, and the first rule that holds.

For the default fee schedule.
"""

from datetime import date as Date
from datetime import datetime, timedelta, timezone

import polars as pl

from peers_polars_sides import (
    conflicts, glances, ledgers, once, plain_escrows, read, replayed_escrows, transfers, unbalanced_mixed, whole,
)

LAG = timedelta(hours=24)
AGE_LIMIT = timedelta(days=7)


def first_class(night: Date, watermarks: dict[str, datetime]) -> pl.Expr:
    """`CLASS` or `CLASS:SUBCODE`: the first that holds."""
    end_of_day = datetime(night.year, night.month, night.day, tzinfo=timezone.utc) + timedelta(days=1)
    escrow_mark, wallet_mark, ledger_mark = (
        pl.lit(watermarks[f"{source}_watermark"]) for source in ("escrow", "wallet", "ledger")
    )
    col = pl.col
    state, at = col("state"), col("at")
    has_escrow, has_transfer, has_entry = state.is_not_null(), col("transferred"), col("entered")
    due = pl.max_horizontal("at", "last_at", "entered_last_at") + LAG
    settled_due = LAG + pl.min_horizontal("first_at", pl.when(state != "B").then("entered_first_at"))
    unreleased = col("offence").is_null() & (
        (state.is_in(["C", "F", "X"]) & (has_transfer | has_entry)) | ((state == "B") & has_transfer)
    )
    no_transfer = (state == "R") & ~has_transfer
    no_ledger = state.is_in(["R", "B"]) & ~has_entry & ~no_transfer
    no_escrow = ~has_escrow & has_transfer & has_entry
    only_transfer = ~has_escrow & has_transfer & ~has_entry
    only_ledger = ~has_escrow & has_entry & ~has_transfer
    refund_alone = (col("entry_type") == "REFUND") & (col("entry_type_last") == "REFUND")
    pending = (
        (no_transfer & ((due > wallet_mark) | (~has_entry & (due > ledger_mark))))
        | (no_ledger & (due > ledger_mark))
        | (no_escrow & (due > escrow_mark))
        | (only_transfer & ((due > escrow_mark) | (due > ledger_mark)))
        | (only_ledger & ((due > escrow_mark) | (~refund_alone & (due > wallet_mark))))
    )
    alone = state.is_in(["C", "F"]) & ~has_transfer & ~has_entry
    transfer_or_escrow_currency = pl.coalesce("currency_transfer", "currency")
    gross = whole(0) - col("posted_escrow")

    def differs(left: str, right: str) -> pl.Expr:
        return col(left) != col(right)

    def misrounded(name: str) -> pl.Expr:
        wrong = (col(name) != whole(0)) & differs(name, f"{name}_expected")
        return (col(f"{name}_times") == 1) & wrong & col(f"{name}_near")

    def wrong_fee(name: str) -> pl.Expr:
        return (col(f"{name}_times") > 1) | differs(name, f"{name}_expected")

    rules = [
        (col("conflict"), "DUPLICATE_CONFLICT"),
        (col("offence").is_not_null(), pl.lit("ILLEGAL_STATE:") + col("offence")),
        (unreleased & (settled_due <= escrow_mark), "ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE"),
        (alone & (pl.lit(end_of_day) - at > AGE_LIMIT), "STUCK_ESCROW"),
        (alone, "OPEN"),
        (unreleased | pending, "TIMING_PENDING"),
        (no_transfer, "MISSING_TRANSFER"),
        (no_ledger, "MISSING_LEDGER"),
        (no_escrow, "MISSING_ESCROW"),
        (only_transfer, "ORPHAN_TRANSFER"),
        (only_ledger, "ORPHAN_LEDGER"),
        (col("transferred_twice"), "DUPLICATE_TRANSFER"),
        (col("entered_twice"), "DUPLICATE_LEDGER"),
        (col("unbalanced") | (~col("mixed") & (col("balance") != whole(0))), "UNBALANCED_POSTINGS"),
        (
            col("entry_type") != pl.when(state == "B").then(pl.lit("REFUND")).otherwise(col("type")),
            "TYPE_MISMATCH",
        ),
        (
            col("currency_differ") | differs("paid_currency", "currency") | col("product_differs")
            | (col("known_currency") != transfer_or_escrow_currency)
            | (col("known_currency_last") != transfer_or_escrow_currency),
            "CURRENCY_MISMATCH",
        ),
        (
            col("payer_differ") | col("creator_differ")
            | differs("escrow_party", "payer") | differs("escrow_party_last", "payer")
            | differs("creator_party", "creator") | differs("creator_party_last", "creator"),
            "PARTY_MISMATCH",
        ),
        (
            col("units_differ") | differs("paid", "units") | (gross != pl.coalesce("amount", "units"))
            | ((state == "B") & (col("posted_payer") != gross)),
            "AMOUNT_MISMATCH",
        ),
        (differs("posted_platform_fees", "PLATFORM"), "FEE_DISAGREES:PLATFORM"),
        (differs("posted_processing_fees", "PROCESSING"), "FEE_DISAGREES:PROCESSING"),
        # Rounding down, up or half to even gives one of the two neighbours of the exact fee.
        (misrounded("PLATFORM"), "FEE_ROUNDING:PLATFORM"),
        (misrounded("PROCESSING"), "FEE_ROUNDING:PROCESSING"),
        (col("PLATFORM_rate_differs"), "FEE_RATE:PLATFORM"),
        (col("PROCESSING_rate_differs"), "FEE_RATE:PROCESSING"),
        (wrong_fee("PLATFORM"), "FEE_AMOUNT:PLATFORM"),
        (wrong_fee("PROCESSING"), "FEE_AMOUNT:PROCESSING"),
        (col("unknown_fee").is_not_null(), pl.lit("FEE_AMOUNT:") + col("unknown_fee")),
        ((col("amount") - col("taken") != col("net")) | differs("net", "posted_creator"), "NET_MISMATCH"),
        (at.dt.date() != col("entered_first_at").dt.date(), "DAY_BOUNDARY"),
        (has_entry & col("visibility").ne_missing(col("entry_visibility")), "METADATA_MISMATCH"),
        (state == "B", "REFUNDED"),
        (state == "X", "CANCELLED"),
    ]
    outcomes = (pl.when(holds).then(pl.lit(name) if isinstance(name, str) else name) for holds, name in rules)
    return pl.coalesce(*outcomes, pl.lit("MATCHED"))


def money(amount: pl.Expr) -> pl.Expr:
    """Integers of 10⁻⁹ as a decimal; a plain cast would take them for whole units."""
    whole_units, smallest = amount.cast(pl.Decimal(38, 0)), pl.lit("0.000000001").cast(pl.Decimal(10, 9))
    return (whole_units * smallest).cast(pl.Decimal(28, 9))


def reconcile(folder: str, date: str, **watermarks: str) -> dict:
    """The classes of the day's escrows, from the Parquet files of `ingest_payments`."""
    events, repeated_events = once(read(folder, "escrow"), "event_id")
    moves, repeated_moves = once(read(folder, "wallet"), "transaction_id")
    entries, repeated_entries = once(read(folder, "ledger"), "entry_id")
    conflicting = conflicts(
        {"event_id": repeated_events, "transaction_id": repeated_moves, "entry_id": repeated_entries}
    )
    glanced = glances(events).collect(engine="streaming")
    replayed = replayed_escrows(events, glanced)
    plain = plain_escrows(glanced)
    escrows = pl.concat([plain, replayed.select(plain.columns)])
    charged = transfers(moves.filter(pl.col("status") == "SETTLED")).with_columns(transferred=True)
    entered = ledgers(entries).collect(engine="streaming")

    def full(left: pl.LazyFrame, right: pl.LazyFrame, suffix: str) -> pl.LazyFrame:
        return left.join(right, on="escrow_id", how="full", coalesce=True, suffix=suffix)

    sides = full(escrows.lazy(), charged, "_transfer")
    sides = full(sides, entered.lazy(), "_entry")
    sides = full(sides, conflicting.lazy(), "_conflict")
    sides = sides.join(unbalanced_mixed(entries, entered), on="escrow_id", how="left")
    marks = {name: datetime.fromisoformat(value) for name, value in watermarks.items()}
    judged = sides.with_columns(
        pl.col("transferred", "entered", "conflict", "unbalanced").fill_null(False)
    ).with_columns(verdict=first_class(Date.fromisoformat(date), marks).str.splitn(":", 2))

    fees = pl.col("taken")
    result = judged.select(
        "escrow_id", "transaction_id", "entry_id", pl.coalesce("type", "entry_type").alias("type"),
        pl.coalesce("payer", "escrow_party").alias("payer"), pl.coalesce("creator", "creator_party").alias("creator"),
        pl.coalesce("currency_transfer", "entry_currency", "currency").alias("currency"),
        money(pl.coalesce("amount", whole(0) - pl.col("posted_escrow"), "units")).alias("gross"),
        money(pl.col("PLATFORM")).alias("platform_fee"), money(pl.col("PROCESSING")).alias("processing_fee"),
        money(fees - pl.col("PLATFORM") - pl.col("PROCESSING")).alias("other_fees"),
        money(pl.col("amount") - fees).alias("net"),
        pl.col("verdict").struct[0].alias("class"), pl.col("verdict").struct[1].alias("subcode"),
        pl.coalesce("at", "first_at", "entered_first_at").dt.date().alias("event_day"),
    )
    path = f"{folder}/reconciliation.parquet"
    result.sink_parquet(path, compression="zstd", maintain_order=False, engine="streaming")
    return {"rows": pl.scan_parquet(path).select(pl.len()).collect().item()}
