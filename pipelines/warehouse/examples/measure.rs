use std::sync::Arc;
use std::time::Instant;
use arrow::array::*;
use arrow::datatypes::*;
use warehouse::*;
use datafusion::execution::FunctionRegistry;
use datafusion::prelude::*;

fn batch(start: i64, n: i64, groups: i64) -> RecordBatch {
    let table = &schemas::bronze::ESCROW_EVENTS;
    let ids: Vec<i64> = (start..start + n).collect();
    let esc: Vec<i64> = ids.iter().map(|i| (i.wrapping_mul(7919)).rem_euclid(groups)).collect();
    let h = |i: &i64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64);
    let cols: Vec<ArrayRef> = table.file_schema().fields().iter().map(|f| -> ArrayRef {
        match f.name().as_str() {
            "event_id" => Arc::new(ids.iter().map(|i| Some(format!("ee_{:016x}", h(i)))).collect::<StringArray>()),
            "escrow_id" => Arc::new(esc.iter().map(|i| Some(format!("es_{:016x}", h(i)))).collect::<StringArray>()),
            "escrow_hash" => Arc::new(esc.iter().map(h).collect::<Int64Array>()),
            "key_hash" | "payload_hash" => Arc::new(ids.iter().map(h).collect::<Int64Array>()),
            "sequence" => Arc::new(ids.iter().map(|i| i % 3 + 1).collect::<Int64Array>()),
            "event" => Arc::new(ids.iter().map(|i| Some(["CREATED", "FUNDED", "RELEASED"][(i % 3) as usize])).collect::<StringArray>()),
            "type" => Arc::new(ids.iter().map(|_| Some("TIP")).collect::<StringArray>()),
            "payer" => Arc::new(esc.iter().map(|i| Some(format!("did:key:z6Mk{:020}", h(&(i % 100_000))))).collect::<StringArray>()),
            "creator" => Arc::new(esc.iter().map(|i| Some(format!("did:key:z6Mk{:020}", h(&(i % 1000))))).collect::<StringArray>()),
            "amount" => Arc::new(esc.iter().map(|i| i128::from(i % 10_000) * 10_000_000).collect::<Vec<i128>>().into_iter().collect::<Decimal128Array>().with_precision_and_scale(28, 9).unwrap()),
            "currency" => Arc::new(ids.iter().map(|_| Some("USD")).collect::<StringArray>()),
            "visibility" => Arc::new(ids.iter().map(|_| Some("PUBLIC")).collect::<StringArray>()),
            "message" => Arc::new(ids.iter().map(|i| (i % 4 == 0).then_some("great video")).collect::<StringArray>()),
            "at" => Arc::new(TimestampMicrosecondArray::from_iter_values(ids.iter().map(|i| 1_795_000_000_000_000 + i * 16_000 + h(i).rem_euclid(1_000_000))).with_timezone("UTC")),
            "ingested_at" => Arc::new(TimestampMicrosecondArray::from_iter_values(ids.iter().map(|_| 1_795_000_000_000_000)).with_timezone("UTC")),
            "conflict" => Arc::new(ids.iter().map(|_| Some(false)).collect::<BooleanArray>()),
            "source_file" => Arc::new(ids.iter().map(|_| Some("part-000.ndjson.gz")).collect::<StringArray>()),
            "source_line" => Arc::new(ids.iter().copied().collect::<Int64Array>()),
            other => panic!("{other}"),
        }
    }).collect();
    RecordBatch::try_new(table.file_schema(), cols).unwrap()
}

#[tokio::main]
async fn main() {
    let rows: i64 = std::env::args().nth(1).map_or(2_000_000, |s| s.parse().unwrap());
    let groups = rows / 5;
    let dir = std::env::temp_dir().join("ttt-measure");
    let _ = std::fs::remove_dir_all(&dir);
    let lake = Lake::open(dir.join("lake").to_str().unwrap()).unwrap();
    let table = &schemas::bronze::ESCROW_EVENTS;
    let dt = chrono::NaiveDate::from_ymd_opt(2026, 11, 1);
    let batches: Vec<_> = (0..rows / 8192).map(|i| batch(i * 8192, 8192, groups)).collect();
    let bytes: usize = batches.iter().map(|b| b.get_array_memory_size()).sum();
    let t = Instant::now();
    let l = lake.clone();
    let files = std::thread::spawn(move || {
        let mut w = FileWriter::new(&l, table, dt, "m").unwrap();
        for b in &batches { w.write(b).unwrap(); }
        w.finish().unwrap()
    }).join().unwrap();
    let size: u64 = files.iter().map(|f| f.bytes).sum();
    println!("write {rows} rows {} MB arrow -> {} MB, {} files: {:?}", bytes >> 20, size >> 20, files.len(), t.elapsed());
    let t = Instant::now();
    lake.replace(table, dt, files, "m").await.unwrap();
    println!("commit {:?}", t.elapsed());
    let limits = Limits { memory_bytes: 2 << 30, threads: 2, spill_dir: dir.join("spill") };
    let t = Instant::now();
    let session = Session::new(&lake, &limits).await.unwrap();
    println!("session {:?}", t.elapsed());
    session.register_fold("digest", DataType::Int64, Arc::new(|groups: &Groups<'_>| {
        Ok(Arc::new(groups.iter().map(|facts| Some(facts.map(|f| f.iter().map(|b| *b as i64).sum::<i64>()).sum::<i64>())).collect::<Int64Array>()) as ArrayRef)
    }));
    session.register_scalar("fact", vec![DataType::Utf8, DataType::Utf8, DataType::Utf8], DataType::Binary, Arc::new(|c: &[ArrayRef]| {
        let (a, b, d) = (c[0].as_string::<i32>(), c[1].as_string::<i32>(), c[2].as_string::<i32>());
        let mut out = BinaryBuilder::with_capacity(a.len(), a.len() * 90);
        let mut buf = Vec::new();
        for i in 0..a.len() { buf.clear(); buf.extend_from_slice(a.value(i).as_bytes()); buf.extend_from_slice(b.value(i).as_bytes()); buf.extend_from_slice(d.value(i).as_bytes()); out.append_value(&buf); }
        Ok(Arc::new(out.finish()) as ArrayRef)
    }));
    for (name, sql) in [
        ("count facts", "SELECT count(fact(event_id, payer, creator)), sum(octet_length(escrow_id)) FROM bronze.escrow_events"),
        ("count by hash", "SELECT count(*) FROM (SELECT escrow_hash, count(*) AS n FROM bronze.escrow_events GROUP BY escrow_hash) WHERE n > 0"),
        ("fold by id", "SELECT sum(v) FROM (SELECT escrow_id, digest(fact(event_id, payer, creator)) AS v FROM bronze.escrow_events GROUP BY escrow_id)"),
        ("fold by hash", "SELECT sum(v) FROM (SELECT escrow_hash, digest(fact(event_id, payer, creator)) AS v FROM bronze.escrow_events GROUP BY escrow_hash)"),
        ("array_agg by id", "SELECT sum(array_length(v)) FROM (SELECT escrow_id, array_agg(fact(event_id, payer, creator)) AS v FROM bronze.escrow_events GROUP BY escrow_id)"),
        ("filter 1/8", "SELECT count(event_id), min(payer) FROM bronze.escrow_events WHERE escrow_hash BETWEEN 0 AND 2305843009213693951"),
        ("filter event", "SELECT count(event_id), min(payer) FROM bronze.escrow_events WHERE event = 'FUNDED' AND amount > 99.9"),
    ] {
        for push in ["false", "true"] {
          for probe in ["0.1", "0.8"] {
            if (push == "true") != name.starts_with("filter") && push == "true" { continue; }
            if probe == "0.8" && !(name.contains("by")) { continue; }
            session.sql(&format!("SET datafusion.execution.parquet.pushdown_filters = {push}")).await.unwrap().collect().await.unwrap();
            session.sql(&format!("SET datafusion.execution.skip_partial_aggregation_probe_ratio_threshold = {probe}")).await.unwrap().collect().await.unwrap();
            let mut best = f64::MAX; let mut out = String::new();
            for _ in 0..2 {
                let t = Instant::now();
                let r = session.sql(sql).await.unwrap().collect().await.unwrap();
                best = best.min(t.elapsed().as_secs_f64());
                out = format!("{:?}", r[0].column(0).slice(0, 1)).replace('\n', " ");
            }
            println!("{name} push {push} probe {probe}: {best:.3} s  {out}");
          }
        }
    }
    let _ = session.context().udaf("digest");
    let _ = col("a");
    let _ = std::fs::remove_dir_all(&dir);
}
