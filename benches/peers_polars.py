"""Polars doing the night's work on its streaming engine: lines to Parquet, then the classes.

Called by `night.py` as `python peers_polars.py TASK key=value…`, so that each task is a process of its own.
Its NDJSON reader ends at a byte-order mark and at any line that is no JSON, whatever it is told about errors;
`night.py` therefore gives it a copy of the payments from which those were taken out.
"""

import sys

import polars as pl

import peer
from peers_polars_reconcile import reconcile

MONEY = pl.Decimal(28, 9)
AMOUNT = pl.Struct({"value": pl.String, "currency": pl.String})
METADATA = {"message": pl.String, "visibility": pl.String}
FEE = {"type": pl.String, "percentage": pl.String, "amount": pl.String}
POSTING = {"account": pl.String, "party": pl.String, "amount": pl.String, "currency": pl.String}

ESCROW = {
    "event_id": pl.String, "escrow_id": pl.String, "sequence": pl.Int64, "event": pl.String, "type": pl.String,
    "from": pl.String, "to": pl.String, "amount": AMOUNT, "metadata": pl.Struct(METADATA), "at": pl.String,
}
WALLET = {
    "transaction_id": pl.String, "escrow_id": pl.String, "amount": AMOUNT, "fees": pl.List(pl.Struct(FEE)),
    "net": pl.String, "status": pl.String, "fx": pl.Struct({"from": AMOUNT, "rate": pl.String}), "at": pl.String,
}
LEDGER = {
    "entry_id": pl.String, "sequence": pl.Int64, "type": pl.String, "escrow_id": pl.String,
    "transaction": pl.String, "postings": pl.List(pl.Struct(POSTING)),
    "metadata": pl.Struct({"timestamp": pl.Int64, "visibility": pl.String}), "prev_hash": pl.String,
    "hash": pl.String,
}
ACCESS = {
    "date": pl.String, "time": pl.String, "location": pl.String, "sc_bytes": pl.Int64, "c_ip": pl.String,
    "cs_method": pl.String, "cs_host": pl.String, "cs_uri_stem": pl.String, "sc_status": pl.Int64,
    "cs_referer": pl.String, "cs_user_agent": pl.String, "cs_uri_query": pl.String, "cs_cookie": pl.String,
    "result_type": pl.String, "request_id": pl.String, "x_host_header": pl.String, "cs_protocol": pl.String,
    "cs_bytes": pl.Int64, "time_taken": pl.Float64, "x_forwarded_for": pl.String, "ssl_protocol": pl.String,
    "ssl_cipher": pl.String, "response_result_type": pl.String, "cs_protocol_version": pl.String,
    "fle_status": pl.String, "fle_encrypted_fields": pl.String, "c_port": pl.Int64, "first_byte": pl.Float64,
    "detailed_result_type": pl.String, "sc_content_type": pl.String, "sc_content_len": pl.Int64,
    "sc_range_start": pl.Int64, "sc_range_end": pl.Int64,
}
# Polars has no percent-decoding: the escapes of ASCII are replaced, those of other characters stay.
ESCAPES = {f"%{byte:{case}}": chr(byte) for byte in range(32, 127) for case in ("02X", "02x")}


def money(text: pl.Expr) -> pl.Expr:
    """Decimal text as the warehouse's type; null where it is none."""
    return text.cast(MONEY, strict=False)


def instant(text: pl.Expr) -> pl.Expr:
    """RFC 3339 text as UTC microseconds; null where it is none."""
    return text.str.to_uppercase().str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def lines(landing: str, source: str, date: str, schema: dict) -> pl.LazyFrame:
    """A source's day, every value as it stands or null."""
    files = f"{landing}/payments/{source}/dt={date}/*.ndjson*"
    return pl.scan_ndjson(files, schema=schema, ignore_errors=True, include_file_paths="source_file")


def escrow(landing: str, date: str) -> pl.LazyFrame:
    """Escrow events, each with whether it lacks what it must have."""
    amount, metadata = pl.col("amount").struct, pl.col("metadata").struct
    typed = lines(landing, "escrow", date, ESCROW).select(
        "event_id", "escrow_id", "sequence", "event", "type", pl.col("from").alias("payer"),
        pl.col("to").alias("creator"), money(amount["value"]).alias("amount"), amount["currency"],
        metadata["message"], metadata["visibility"], instant(pl.col("at")), "source_file",
    )
    needed = pl.all_horizontal(
        pl.col("event_id", "escrow_id", "sequence", "payer", "creator", "currency", "at").is_not_null(),
        pl.col("event").is_in(["CREATED", "FUNDED", "RELEASED", "REFUNDED", "CANCELLED"]),
        pl.col("type").is_in(["TIP", "SUBSCRIPTION"]),
        pl.col("amount") > 0,
        pl.col("payer") != pl.col("creator"),
    )
    return typed.with_columns(rejected=~needed.fill_null(False))


def wallet(landing: str, date: str) -> pl.LazyFrame:
    """Wallet transfers, each with whether it lacks what it must have."""
    amount, fx = pl.col("amount").struct, pl.col("fx").struct
    fees = pl.List(pl.Struct(FEE | {"amount": MONEY}))
    exchange = pl.struct(
        money(fx["from"].struct["value"]).alias("amount"), fx["from"].struct["currency"].alias("currency"), fx["rate"]
    )
    typed = lines(landing, "wallet", date, WALLET).select(
        "transaction_id", "escrow_id", money(amount["value"]).alias("amount"), amount["currency"],
        pl.col("fees").cast(fees, strict=False), money(pl.col("net")), "status",
        pl.when(pl.col("fx").is_not_null()).then(exchange).alias("fx"), instant(pl.col("at")), "source_file",
    )
    needed = pl.all_horizontal(
        pl.col("transaction_id", "escrow_id", "amount", "currency", "fees", "net", "at").is_not_null(),
        pl.col("status").is_in(["SETTLED", "FAILED", "REVERSED"]),
    )
    return typed.with_columns(rejected=~needed.fill_null(False))


def ledger(landing: str, date: str) -> pl.LazyFrame:
    """Ledger entries, each with whether it lacks what it must have."""
    metadata = pl.col("metadata").struct
    posting = pl.element().struct
    postings = pl.struct(
        posting["account"], posting["party"], money(posting["amount"]).alias("amount"), posting["currency"],
        posting["amount"].alias("written"),
    )
    typed = lines(landing, "ledger", date, LEDGER).select(
        "entry_id", "sequence", "type", "escrow_id", pl.col("transaction").alias("transaction_id"),
        pl.col("postings").list.eval(postings),
        (metadata["timestamp"] * 1000).cast(pl.Datetime("us", "UTC")).alias("at"), metadata["visibility"],
        "prev_hash", "hash", "source_file",
    )
    needed = pl.all_horizontal(
        pl.col("entry_id", "sequence", "escrow_id", "at", "prev_hash", "hash").is_not_null(),
        pl.col("type").is_in(["TIP", "SUBSCRIPTION", "REFUND"]),
        pl.col("postings").list.len() > 0,
    )
    return typed.with_columns(rejected=~needed.fill_null(False))


def write(frame: pl.LazyFrame, path: str) -> None:
    """Streams a frame to zstd Parquet; the order of lines need not be kept."""
    frame.sink_parquet(path, compression="zstd", maintain_order=False, engine="streaming")


def ingest_payments(landing: str, folder: str, date: str) -> dict:
    """Payments to Parquet. Flagged rows stay in the file; they are written out once more as rejects."""
    rows = rejects = 0
    for source, read in (("escrow", escrow), ("wallet", wallet), ("ledger", ledger)):
        path = f"{folder}/{source}.parquet"
        write(read(landing, date), path)
        written = pl.scan_parquet(path)
        write(written.filter("rejected"), f"{folder}/{source}_rejects.parquet")
        count, flagged = written.select(pl.len(), pl.col("rejected").sum()).collect().row(0)
        rows, rejects = rows + count - flagged, rejects + flagged
    return {"rows": rows, "rejects": rejects}


def decoded(text: pl.Expr) -> pl.Expr:
    """Percent-decoded text."""
    return text.str.replace_many(ESCAPES)


def access(landing: str, date: str) -> pl.LazyFrame:
    """Access log lines by the place of their columns; bad numbers are null."""
    read = pl.scan_csv(
        f"{landing}/delivery/access/dt={date}/*.log*", separator="\t", has_header=False, comment_prefix="#",
        quote_char=None, null_values="-", schema=ACCESS, ignore_errors=True, truncate_ragged_lines=True,
        missing_columns="insert", encoding="utf8-lossy", include_file_paths="source_file",
    )
    stem = pl.col("path").str.extract_groups(
        r"^/v/(?P<content_id>[^/]+)/(?P<codec>[^/]+)/(?P<height>[0-9]+)/(?P<segment>[^/]+?)(?:\.m4s)?$"
    ).struct

    def pair(key: str, value: str) -> pl.Expr:
        return pl.col("cmcd").str.extract(f"[=,]{key}={value}", 1)

    def flag(key: str) -> pl.Expr:
        return pl.col("cmcd").str.contains(f"[=,]{key}(?:,|$)").alias(f"cmcd_{key}")

    prepared = read.with_columns(
        at=(pl.col("date") + "T" + pl.col("time")).str.to_datetime(
            "%Y-%m-%dT%H:%M:%S", time_unit="us", time_zone="UTC", strict=False
        ),
        path=decoded(pl.col("cs_uri_stem")),
        cmcd=pl.when(pl.col("cs_uri_query").str.contains("CMCD=", literal=True)).then(decoded(pl.col("cs_uri_query"))),
    )
    return prepared.drop_nulls(["at", "request_id"]).select(
        "request_id", "at", pl.col("location").alias("node_id"), pl.col("c_ip").alias("client_address"),
        decoded(pl.col("x_forwarded_for")).alias("forwarded_for"), pl.col("cs_method").alias("method"),
        pl.coalesce("x_host_header", "cs_host").alias("host"), "path", pl.col("cs_uri_query").alias("query"),
        decoded(pl.col("cs_referer")).alias("referer"), decoded(pl.col("cs_user_agent")).alias("user_agent"),
        pl.col("cs_protocol_version").alias("protocol"), pl.col("sc_status").alias("status"),
        pl.col("sc_bytes").alias("bytes_sent"), pl.col("cs_bytes").alias("bytes_received"),
        pl.col("sc_content_len").alias("content_length"), pl.col("sc_range_start").alias("range_start"),
        pl.col("sc_range_end").alias("range_end"), (pl.col("time_taken") * 1000).alias("time_taken_ms"),
        (pl.col("first_byte") * 1000).alias("first_byte_ms"), "result_type", "response_result_type",
        "detailed_result_type",
        (
            (pl.col("sc_status") == 0)
            | ((pl.col("result_type") == "Error") & (pl.col("response_result_type") != "Error")).fill_null(False)
        ).alias("viewer_left"),
        stem["content_id"], stem["codec"], stem["height"].cast(pl.Int64, strict=False), stem["segment"],
        pair("sid", '"([^"]*)"').alias("session_id"),
        *(pair(key, "([0-9]+)").cast(pl.Int64).alias(f"cmcd_{key}") for key in ("br", "bl", "dl", "mtp", "tb", "d")),
        pair("ot", "([a-z]+)").alias("cmcd_ot"), flag("bs"), flag("su"), "source_file",
    )


def ingest_access(landing: str, folder: str, date: str) -> dict:
    """Access logs to Parquet; lines without a time or an id are dropped, there is no table of rejects."""
    path = f"{folder}/access.parquet"
    write(access(landing, date), path)
    return {"rows": pl.scan_parquet(path).select(pl.len()).collect().item(), "rejects": None}


if __name__ == "__main__":
    peer.run(sys.argv, (ingest_payments, ingest_access, reconcile), pl.__version__)
