-- Reads a day's CloudFront logs by the place of their columns and writes them with typed columns.
-- A line that is refused by the CSV reader goes to its own table of rejects.
WITH
lines AS (
    SELECT *
    FROM read_csv(
        '{landing}/delivery/access/dt={date}/*.log*',
        auto_detect = false,
        header = false,
        delim = '\t',
        quote = '',
        escape = '',
        comment = '#',
        nullstr = '-',
        null_padding = true,
        ignore_errors = true,
        store_rejects = true,
        rejects_limit = 0,
        strict_mode = false,
        filename = 'source_file',
        columns = {
            "date": 'DATE', "time": 'TIME', location: 'VARCHAR', sc_bytes: 'BIGINT', c_ip: 'VARCHAR',
            cs_method: 'VARCHAR', cs_host: 'VARCHAR', cs_uri_stem: 'VARCHAR', sc_status: 'BIGINT',
            cs_referer: 'VARCHAR', cs_user_agent: 'VARCHAR', cs_uri_query: 'VARCHAR', cs_cookie: 'VARCHAR',
            result_type: 'VARCHAR', request_id: 'VARCHAR', x_host_header: 'VARCHAR', cs_protocol: 'VARCHAR',
            cs_bytes: 'BIGINT', time_taken: 'DOUBLE', x_forwarded_for: 'VARCHAR', ssl_protocol: 'VARCHAR',
            ssl_cipher: 'VARCHAR', response_result_type: 'VARCHAR', cs_protocol_version: 'VARCHAR',
            fle_status: 'VARCHAR', fle_encrypted_fields: 'VARCHAR', c_port: 'BIGINT', first_byte: 'DOUBLE',
            detailed_result_type: 'VARCHAR', sc_content_type: 'VARCHAR', sc_content_len: 'BIGINT',
            sc_range_start: 'BIGINT', sc_range_end: 'BIGINT', "trailing": 'VARCHAR'
        }
    )
),

decoded AS (
    SELECT
        *,
        url_decode(cs_uri_stem) AS path,
        CASE WHEN contains(cs_uri_query, 'CMCD=') THEN url_decode(cs_uri_query) END AS cmcd
    FROM lines
),

parts AS (
    SELECT
        *,
        regexp_extract(
            path, '^/v/([^/]+)/([^/]+)/([0-9]+)/([^/]+?)(?:\.m4s)?$',
            ['content_id', 'codec', 'height', 'segment']
        ) AS object
    FROM decoded
)

SELECT
    request_id,
    CAST("date" + "time" AS TIMESTAMPTZ) AS "at",
    location AS node_id,
    c_ip AS client_address,
    url_decode(x_forwarded_for) AS forwarded_for,
    cs_method AS method,
    coalesce(x_host_header, cs_host) AS host,
    path,
    cs_uri_query AS query,
    url_decode(cs_referer) AS referer,
    url_decode(cs_user_agent) AS user_agent,
    cs_protocol_version AS protocol,
    sc_status AS status,
    sc_bytes AS bytes_sent,
    cs_bytes AS bytes_received,
    sc_content_len AS content_length,
    sc_range_start AS range_start,
    sc_range_end AS range_end,
    time_taken * 1000 AS time_taken_ms,
    first_byte * 1000 AS first_byte_ms,
    result_type,
    response_result_type,
    detailed_result_type,
    sc_status = 0 OR (result_type = 'Error' AND coalesce(response_result_type <> 'Error', false)) AS viewer_left,
    nullif(object.content_id, '') AS content_id,
    nullif(object.codec, '') AS codec,
    TRY_CAST(object.height AS BIGINT) AS height,
    nullif(object.segment, '') AS segment,
    nullif(regexp_extract(cmcd, '[=,]sid="([^"]*)"', 1), '') AS session_id,
    TRY_CAST(regexp_extract(cmcd, '[=,]br=([0-9]+)', 1) AS BIGINT) AS cmcd_br,
    TRY_CAST(regexp_extract(cmcd, '[=,]bl=([0-9]+)', 1) AS BIGINT) AS cmcd_bl,
    TRY_CAST(regexp_extract(cmcd, '[=,]dl=([0-9]+)', 1) AS BIGINT) AS cmcd_dl,
    TRY_CAST(regexp_extract(cmcd, '[=,]mtp=([0-9]+)', 1) AS BIGINT) AS cmcd_mtp,
    TRY_CAST(regexp_extract(cmcd, '[=,]tb=([0-9]+)', 1) AS BIGINT) AS cmcd_tb,
    TRY_CAST(regexp_extract(cmcd, '[=,]d=([0-9]+)', 1) AS BIGINT) AS cmcd_d,
    nullif(regexp_extract(cmcd, '[=,]ot=([a-z]+)', 1), '') AS cmcd_ot,
    regexp_matches(cmcd, '[=,]bs(?:,|$)') AS cmcd_bs,
    regexp_matches(cmcd, '[=,]su(?:,|$)') AS cmcd_su,
    source_file
FROM parts
WHERE "date" IS NOT NULL AND "time" IS NOT NULL AND request_id IS NOT NULL
