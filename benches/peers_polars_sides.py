"""The three sides of each escrow in Polars, aggregated from the Parquet files of the ingest.

Polars has changed how it rounds decimals, so that all money here is integers of 10⁻⁹ (`Int128`), as in the
warehouse itself.
"""

import polars as pl

UNIT = 10**9
# Integers of 10⁻⁹ in one unit of the currency's last digit; two digits where it is not listed.
LAST_DIGIT = {
    **dict.fromkeys(("JPY", "KRW", "CLP", "VND", "UGX", "XAF", "XOF", "XPF", "ISK", "PYG"), 10**9),
    **dict.fromkeys(("KWD", "BHD", "TND", "OMR", "JOD", "IQD", "LYD"), 10**6),
    **dict.fromkeys(("USDC", "EURC"), 10**3),
    **dict.fromkeys(("SOL", "ETH"), 1),
}
# C created, F funded, R released, B refunded, X cancelled.
LETTERS = {"CREATED": "C", "FUNDED": "F", "RELEASED": "R", "REFUNDED": "B", "CANCELLED": "X"}
SHAPES = {"C": 1, "CF": 11, "CFR": 111, "CFB": 1011, "CX": 10001}
OFFENCES = {
    "CR": "RELEASE_BEFORE_FUND", "CB": "REFUND_BEFORE_FUND", "RR": "DOUBLE_RELEASE", "BB": "DOUBLE_REFUND",
    "RB": "REFUND_AFTER_RELEASE", "BR": "RELEASE_AFTER_REFUND",
    **dict.fromkeys(("CC", "FC", "RC", "BC"), "DOUBLE_CREATE"),
    **dict.fromkeys(("FF", "RF", "BF"), "DOUBLE_FUND"),
    **dict.fromkeys(("FX", "RX", "BX"), "CANCEL_AFTER_FUND"),
    **dict.fromkeys(("XC", "XF", "XR", "XB", "XX"), "EVENT_AFTER_CANCEL"),
}


def whole(number: int) -> pl.Expr:
    """An integer literal wide enough for money."""
    return pl.lit(number, dtype=pl.Int128)


def units(amount: pl.Expr) -> pl.Expr:
    """A decimal as integers of 10⁻⁹."""
    return amount.to_physical()


def last_digit(currency: pl.Expr) -> pl.Expr:
    return currency.replace_strict(LAST_DIGIT, default=10**7, return_dtype=pl.Int128)


def rounded(product: pl.Expr, divisor: pl.Expr, digit: pl.Expr) -> pl.Expr:
    """`product ÷ divisor` half away from zero to whole `digit`s; for what is not negative."""
    scaled = divisor * digit
    return (product * whole(2) + scaled) // (scaled * whole(2)) * digit


def rate(text: pl.Expr) -> pl.Expr:
    """A rate as written, in integers of 10⁻⁹."""
    return units(text.cast(pl.Decimal(28, 9), strict=False))


def read(folder: str, source: str) -> pl.LazyFrame:
    return pl.scan_parquet(f"{folder}/{source}.parquet").filter(~pl.col("rejected")).drop("rejected", "source_file")


def once(rows: pl.LazyFrame, key: str) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The rows with each key once, and the rows of the keys that arrived more than once."""
    counts = rows.group_by(key).agg(n=pl.len()).filter(pl.col("n") > 1)
    keys = counts.select(key).collect(engine="streaming").lazy()
    repeated = rows.join(keys, on=key, how="semi").collect(engine="streaming")
    firsts = repeated.unique(key).lazy()
    return pl.concat([rows.join(keys, on=key, how="anti"), firsts]), repeated


def conflicts(repeated: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Every escrow that a key with two payloads names."""
    found = []
    for key, rows in repeated.items():
        payload = pl.struct(pl.all()).struct.json_encode().n_unique().over(key)
        found.append(rows.with_columns(payloads=payload).filter(pl.col("payloads") > 1).select("escrow_id"))
    return pl.concat(found).unique().with_columns(conflict=True)


def glances(events: pl.LazyFrame) -> pl.LazyFrame:
    """Each escrow at first sight: its events, whether they are in sequence, when they were, whether they agree."""
    event = pl.col("event")
    places = {"CREATED": 1, "FUNDED": 2, "CANCELLED": 2, "RELEASED": 3, "REFUNDED": 3}
    digits = {"CREATED": 1, "FUNDED": 10, "RELEASED": 100, "REFUNDED": 1000, "CANCELLED": 10000}
    alike = pl.col("payer").hash(1) ^ pl.col("creator").hash(2) ^ pl.col("currency").hash(3) ^ pl.col("units").hash(4)
    marked = events.with_columns(units=units(pl.col("amount"))).with_columns(
        digit=event.replace_strict(digits, return_dtype=pl.Int64),
        in_place=pl.col("sequence") == event.replace_strict(places, return_dtype=pl.Int64),
        alike=alike,
        created_at=pl.when(event == "CREATED").then("at"),
        funded_at=pl.when(event == "FUNDED").then("at"),
        ended_at=pl.when(~event.is_in(["CREATED", "FUNDED"])).then("at"),
        first_type=pl.when(event == "CREATED").then("type"),
        first_visibility=pl.when(event == "CREATED").then("visibility"),
    )
    grouped = marked.group_by("escrow_id").agg(
        pl.col("digit").sum().alias("shape"),
        pl.col("in_place").all(),
        (pl.col("alike").min() == pl.col("alike").max()).alias("uniform"),
        pl.col("created_at", "funded_at", "ended_at", "first_type", "first_visibility").max(),
        pl.col("units", "currency", "payer", "creator").first(),
    )
    started = pl.coalesce("funded_at", "created_at")
    return grouped.with_columns(
        plain=pl.col("uniform") & pl.col("in_place") & pl.col("shape").is_in(list(SHAPES.values()))
        & (pl.col("funded_at") >= pl.col("created_at")).fill_null(True)
        & (pl.col("ended_at") >= started).fill_null(True)
    )


def plain_escrows(glanced: pl.DataFrame) -> pl.DataFrame:
    """Escrows of which the first sight tells all."""
    states = {shape: life[-1] for life, shape in SHAPES.items()}
    return glanced.filter("plain").select(
        "escrow_id", "units", "currency", "payer", "creator", pl.col("first_type").alias("type"),
        pl.col("first_visibility").alias("visibility"),
        pl.col("shape").replace_strict(states, return_dtype=pl.String).alias("state"),
        pl.coalesce("ended_at", "funded_at", "created_at").alias("at"),
        pl.lit(None, pl.String).alias("offence"),
        *(pl.lit(False).alias(name) for name in ("units_differ", "currency_differ", "payer_differ", "creator_differ")),
    )


def replayed_escrows(events: pl.LazyFrame, glanced: pl.DataFrame) -> pl.DataFrame:
    """The other escrows, few, event by event."""
    others = glanced.lazy().filter(~pl.col("plain")).select("escrow_id")
    rows = events.join(others, on="escrow_id", how="semi").collect(engine="streaming")
    rows = rows.sort("escrow_id", "sequence", "at", "event_id").with_columns(
        letter=pl.col("event").replace_strict(LETTERS, return_dtype=pl.String),
        units=units(pl.col("amount")),
        place=pl.int_range(pl.len()).over("escrow_id"),
        reversed=(pl.col("at") < pl.col("at").shift(1).over("escrow_id")).fill_null(False),
    )
    compared = ("units", "currency", "payer", "creator")
    lives = rows.group_by("escrow_id", maintain_order=True).agg(
        pl.col(*compared, "type", "visibility").first(),
        pl.col("letter").last().alias("state"),
        pl.col("at").last(),
        pl.col("letter").str.join().alias("life"),
        pl.col("place").filter("reversed").min().alias("reversed_place"),
        *((pl.col(name).min() != pl.col(name).max()).alias(f"{name}_differ") for name in compared),
    )
    life = pl.col("life")
    legal_steps = (
        pl.when(life.str.contains("^CF[RB]")).then(3).when(life.str.contains("^C[FX]")).then(2)
        .when(life.str.starts_with("C")).then(1).otherwise(0)
    )
    steps = lives.with_columns(legal_steps=legal_steps)
    step = life.str.slice(pl.col("legal_steps") - 1, 2).replace_strict(OFFENCES, default=None, return_dtype=pl.String)
    legal = pl.col("legal_steps") == life.str.len_chars()
    offence = (
        pl.when(pl.col("legal_steps") == 0).then(pl.lit("NOT_CREATED"))
        .when(pl.col("reversed_place") < pl.col("legal_steps")).then(pl.lit("TIME_REVERSAL"))
        .when(~legal).then(step)
    )
    return steps.with_columns(offence=offence).drop("life", "legal_steps", "reversed_place")


def transfers(settled: pl.LazyFrame) -> pl.LazyFrame:
    """Effective transfers for each escrow. Two of them read DUPLICATE_TRANSFER or something before it: their
    fees may be mixed."""
    fx = pl.col("fx").struct
    opened = settled.with_columns(
        paid=pl.coalesce(units(fx["amount"]), units(pl.col("amount"))),
        paid_currency=pl.coalesce(fx["currency"], "currency"),
        fx_rate=rate(fx["rate"]),
        amount=units(pl.col("amount")),
        net=units(pl.col("net")),
        digit=last_digit(pl.col("currency")),
    ).drop("fx").explode("fees", empty_as_null=True).unnest("fees", separator="_")
    kind, fee = pl.col("fees_type"), units(pl.col("fees_amount"))
    listed = {"PLATFORM": 50_000_000, "PROCESSING": 29_000_000}

    def sums(name: str, scheduled: int) -> list[pl.Expr]:
        mine = kind == name
        return [
            mine.sum().alias(f"{name}_times"),
            pl.when(mine).then(fee).otherwise(whole(0)).sum().alias(name),
            (mine & (rate(pl.col("fees_percentage")) != whole(scheduled))).any().alias(f"{name}_rate_differs"),
        ]

    columns = ("transaction_id", "amount", "currency", "net", "paid", "paid_currency", "fx_rate", "digit")
    grouped = opened.group_by("escrow_id").agg(
        pl.col(*columns).first(),
        (pl.col("transaction_id").min() != pl.col("transaction_id").max()).alias("transferred_twice"),
        pl.col("at").min().alias("first_at"),
        pl.col("at").max().alias("last_at"),
        fee.sum().alias("taken"),
        pl.when(~kind.is_in(list(listed))).then(kind).min().alias("unknown_fee"),
        *(expression for name, scheduled in listed.items() for expression in sums(name, scheduled)),
    )
    amount, digit = pl.col("amount"), pl.col("digit")
    product = rounded(pl.col("paid") * pl.col("fx_rate"), whole(UNIT), digit)
    return grouped.with_columns(
        (product != amount).fill_null(False).alias("product_differs"),
        *(rounded(amount * whole(rate), whole(UNIT), digit).alias(f"{name}_expected") for name, rate in listed.items()),
        # The distance from the exact fee, in integers of 10⁻¹⁸, against one unit of the last digit.
        *(
            ((pl.col(name) * whole(UNIT) - amount * whole(rate)).abs() < digit * whole(UNIT)).alias(f"{name}_near")
            for name, rate in listed.items()
        ),
    )


def ledgers(entries: pl.LazyFrame) -> pl.LazyFrame:
    """Ledger entries for each escrow. Two of them read DUPLICATE_LEDGER or something before it: their postings
    may be mixed."""
    opened = entries.select("entry_id", "escrow_id", "type", "at", "visibility", "postings").explode("postings")
    rows = opened.unnest("postings", separator="_").with_columns(units=units(pl.col("postings_amount")))
    account, currency, party = (pl.col(f"postings_{name}") for name in ("account", "currency", "party"))
    known = account.is_in(["escrow", "creator", "payer", "platform_fees", "processing_fees"])

    def posted(name: str) -> pl.Expr:
        return pl.when(account == name).then("units").otherwise(whole(0)).sum().alias(f"posted_{name}")

    def parties(name: str) -> list[pl.Expr]:
        stated = pl.when(account == name).then(party.fill_null(""))
        return [stated.min().alias(f"{name}_party"), stated.max().alias(f"{name}_party_last")]

    return rows.group_by("escrow_id").agg(
        pl.col("entry_id").min(),
        (pl.col("entry_id").min() != pl.col("entry_id").max()).alias("entered_twice"),
        pl.col("at").min().alias("entered_first_at"),
        pl.col("at").max().alias("entered_last_at"),
        pl.col("type").min().alias("entry_type"),
        pl.col("type").max().alias("entry_type_last"),
        pl.col("visibility").min().alias("entry_visibility"),
        pl.when(account == "escrow").then(currency).min().alias("entry_currency"),
        (currency.min() != currency.max()).alias("mixed"),
        pl.when(known).then(currency).min().alias("known_currency"),
        pl.when(known).then(currency).max().alias("known_currency_last"),
        pl.col("units").sum().alias("balance"),
        *(posted(name) for name in ("escrow", "creator", "payer", "platform_fees", "processing_fees")),
        *(expression for name in ("escrow", "creator") for expression in parties(name)),
    ).with_columns(entered=True)


def unbalanced_mixed(entries: pl.LazyFrame, entered: pl.DataFrame) -> pl.LazyFrame:
    """Entries in several currencies are few: their balance is taken by currency."""
    mixed = entered.lazy().filter("mixed").select("escrow_id")
    rows = entries.join(mixed, on="escrow_id", how="semi").select("entry_id", "escrow_id", "postings")
    rows = rows.explode("postings").unnest("postings").with_columns(units=units(pl.col("amount")))
    sums = rows.group_by("escrow_id", "entry_id", "currency").agg(pl.col("units").sum())
    return sums.filter(pl.col("units") != whole(0)).select("escrow_id").unique().with_columns(unbalanced=True)
