//! Access logs: read by the names in their `#Fields`, whatever stands where.

use super::expected::{Expected, KEPT};

const SOURCE: &str = "delivery/access";
const FIRST: &str = "fields_must_come_first";
const MANY: &str = "values_must_not_exceed_fields";
const NUMBER: &str = "number_must_be_a_number";
const ABSENT: &str = "value_must_be_present";
const TIME: &str = "time_must_be_rfc3339";

/// Stands for `#H` in the files below.
const HEADER: &str = "#Version: 1.0\n#Fields: date time x-edge-request-id sc-status sc-bytes time-taken";

/// Name, text, outcomes by line. `|` is a tab, `@` the file's name.
const FILES: &[(&str, &str, &[(i64, &str)])] = &[
    ("plain", "#H\n2026-11-20|12:00:00|@1|200|10|0.5\n", &[(3, KEPT)]),
    ("header-alone", "#H\n", &[]),
    ("no-line-end", "#H\n2026-11-20|12:00:00|@1|200|10|0.5", &[(3, KEPT)]),
    ("bom-and-crlf", "\u{feff}#H\r\n2026-11-20|12:00:00|@1|200|10|0.5\r\n", &[(3, KEPT)]),
    ("blank", "\n#H\n\n|||\n2026-11-20|12:00:00|@1|200|10|0.5\n \n", &[(6, KEPT)]),
    (
        "fewer",
        "#H\n2026-11-20|12:00:00|@1\n2026-11-20|12:00:00\n2026-11-20\n",
        &[(3, KEPT), (4, ABSENT), (5, ABSENT)],
    ),
    (
        "order",
        "#Fields: sc-bytes x-edge-request-id time-taken time sc-status date\n10|@1|0.5|12:00:00|200|2026-11-20\n",
        &[(2, KEPT)],
    ),
    (
        "unknown-fields",
        "#Fields:\tdate\ttime\tx-edge-request-id\tanything\tsc-status\n2026-11-20|12:00:00|@1|x|404\n",
        &[(2, KEPT)],
    ),
    (
        "later-fields",
        "#H\n2026-11-20|12:00:00|@1|200|10|0.5\n#Fields: x-edge-request-id sc-bytes date time\n\
         @2|20|2026-11-20|12:00:01\n2026-11-20|12:00:02|@3|200\n# a remark\n@4|40|2026-11-20|12:00:03\n",
        &[(3, KEPT), (5, KEPT), (6, TIME), (8, KEPT)],
    ),
    (
        "before-fields",
        "2026-11-20|12:00:00|@1|200|10|0.5\n#Version: 1.0\nx\n#Fields: date time x-edge-request-id\n2026-11-20|12:00:00|@2\n",
        &[(1, FIRST), (3, FIRST), (5, KEPT)],
    ),
    ("no-fields", "#Version: 1.0\n2026-11-20|12:00:00|@1|200|10|0.5\n", &[(2, FIRST)]),
    (
        "more-values",
        "#H\n2026-11-20|12:00:00|@1|200|10|0.5|x\n2026-11-20|12:00:00|@2|200|10|0.5|\n2026-11-20|12:00:00|@3|200|10|0.5||\n",
        &[(3, MANY), (4, KEPT), (5, MANY)],
    ),
    (
        "missing",
        "#H\n-|12:00:00|@1|200|10|0.5\n2026-11-20|-|@2|200|10|0.5\n2026-11-20|12:00:00|-|200|10|0.5\n\
         2026-11-20|12:00:00||200|10|0.5\n2026-11-20|12:00:00|@5|-|-|-\n",
        &[(3, ABSENT), (4, ABSENT), (5, ABSENT), (6, ABSENT), (7, KEPT)],
    ),
    (
        "times",
        "#H\n2026-11-20|12:00:60|@1\n2026-13-20|12:00:00|@2\n2026-11-20|12:00|@3\n20.11.2026|12:00:00|@4\n2026-11-20|12:00:00Z|@5\n",
        &[(3, TIME), (4, TIME), (5, TIME), (6, TIME), (7, TIME)],
    ),
    (
        "numbers",
        "#H\n2026-11-20|12:00:00|@1|2x0|10|0.5\n2026-11-20|12:00:00|@2|200|1e3|0.5\n2026-11-20|12:00:00|@3|200|-1|0.5\n\
         2026-11-20|12:00:00|@4|200|10|.\n2026-11-20|12:00:00|@5|200|10|0.5s\n2026-11-20|12:00:00|@6|200|10|NaN\n\
         2026-11-20|12:00:00|@7|200|99999999999999999999|1\n2026-11-20|12:00:00|@8|200| 1|1\n\
         2026-11-20|12:00:00|@9|000|0|0\n",
        &[
            (3, NUMBER),
            (4, NUMBER),
            (5, NUMBER),
            (6, NUMBER),
            (7, NUMBER),
            (8, NUMBER),
            (9, NUMBER),
            (10, NUMBER),
            (11, KEPT),
        ],
    ),
    // Without an id in the fields a line's place is its key: like lines are not replays.
    (
        "no-id",
        "#Fields: date time sc-status\n2026-11-20|12:00:00|200\n2026-11-20|12:00:00|200\n",
        &[(2, KEPT), (3, KEPT)],
    ),
    ("no-id-again", "#Fields: date time sc-status\n2026-11-20|12:00:00|200\n", &[(2, KEPT)]),
    ("no-date", "#Fields: time x-edge-request-id\n12:00:00|@1\n", &[(2, ABSENT)]),
];

/// Reads a path, a query and results; expects content, codec, height, segment, session, bitrate and viewer_left.
const META: &str = "#Fields: date time x-edge-request-id cs-uri-stem cs-uri-query sc-status x-edge-result-type x-edge-response-result-type";
const READ: &[(&str, &str)] = &[
    (
        "/v/co_1/AVC/1280/7.m4s|CMCD=br%3D2400%2Csid%3D%22ps_1%22|200|Hit|Hit",
        "co_1,AVC,1280,7,ps_1,2400,false",
    ),
    (
        "/v/co_1/AVC/1280/7.m4s|CMCD=br%253D2400%252Csid%253D%2522ps_1%2522|200|Hit|Hit",
        "co_1,AVC,1280,7,ps_1,2400,false",
    ),
    (
        "/v/co_1/AVC/1280/7.m4s|a=b&CMCD=sid%3D%22a%2Cb%22%2Cbr%3D1&c=d|200|Hit|Hit",
        "co_1,AVC,1280,7,a,b,1,false",
    ),
    ("/v/co%5F1/AVC/1280/7.m4s|-|200|Miss|Miss", "co_1,AVC,1280,7,,,false"),
    ("/v/co_1/AVC/tall/7.m4s|CMCD=|200|Hit|Hit", "co_1,AVC,,7,,,false"),
    ("/v/co_1|CMCD=br%3Dfast%2Csid|200|Hit|Hit", "co_1,,,,,,false"),
    ("/v/|%FF%FE%ZZ%|200|Hit|Hit", ",,,,,,false"),
    ("/favicon.ico|-|404|Error|Error", ",,,,,,false"),
    ("-|-|200|-|-", ",,,,,,false"),
    ("/v/co_1/AVC/1280/7.m4s|-|000|Error|Error", "co_1,AVC,1280,7,,,true"),
    ("/v/co_1/AVC/1280/7.m4s|-|206|Error|Miss", "co_1,AVC,1280,7,,,true"),
    ("/v/co_1/AVC/1280/7.m4s|-|502|Error|Error", "co_1,AVC,1280,7,,,false"),
    ("/v/co_1/AVC/1280/7.m4s|-|200|SomethingNew|-", "co_1,AVC,1280,7,,,false"),
];

pub fn land(expected: &mut Expected) {
    for (name, text, outcomes) in FILES {
        let text = text.replace("#H", HEADER).replace('|', "\t").replace('@', &format!("{name}-"));
        expected.file(SOURCE, &format!("{name}.log"), text.as_bytes(), outcomes);
    }
    let mut text = META.to_owned();
    for (number, (line, _)) in READ.iter().enumerate() {
        text.push_str(&format!("\n2026-11-20\t12:00:00\tread-{number}\t{}", line.replace('|', "\t")));
    }
    let outcomes: Vec<_> = (0..READ.len()).map(|number| (number as i64 + 2, KEPT)).collect();
    expected.file(SOURCE, "read.log", text.as_bytes(), &outcomes);
    // A byte that is no UTF-8 in a log, and one in a header, which then names nothing.
    let bytes = b"#Fields: date time x-edge-request-id\n2026-11-20\t12:00:00\tx\xff\n#Fields: date\xff\n2026-11-20\t12:00:00\tutf8\n";
    let utf8 = "line_must_be_utf8";
    expected.file(SOURCE, "utf8.log", bytes, &[(2, utf8), (3, utf8), (4, KEPT)]);
}

pub fn check(expected: &Expected) {
    let parts = ["content_id", "codec", "height", "segment", "session_id", "cmcd_br", "viewer_left"];
    let list = parts.map(|part| format!("coalesce(CAST({part} AS VARCHAR), '')")).join(" || ',' || ");
    let read = expected.column(&list, "cdn_requests", "read.log");
    for ((line, expected), read) in READ.iter().zip(&read) {
        assert_eq!(read, expected, "{line}");
    }
    let numbers = |file: &str| {
        let list = "concat(status, ' ', bytes_sent, ' ', time_taken_ms, ' ', viewer_left)";
        expected.column(list, "cdn_requests", file)
    };
    assert_eq!(numbers("plain.log"), ["200 10 500.0 false"]);
    assert_eq!(numbers("order.log"), ["200 10 500.0 false"]);
    assert_eq!(numbers("numbers.log"), ["0 0 0.0 true"]);
}
