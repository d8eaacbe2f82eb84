-- One statement a line; none of them may be asked.
INSERT INTO silver.breaks SELECT * FROM silver.breaks
UPDATE silver.breaks SET status = 'RESOLVED'
DELETE FROM silver.breaks
TRUNCATE silver.breaks
DROP TABLE silver.breaks
ALTER TABLE silver.breaks ADD COLUMN x int
CREATE TABLE x AS SELECT 1
CREATE VIEW x AS SELECT 1
CREATE TEMPORARY TABLE x (a int)
CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'
CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE SCHEMA x
CREATE DATABASE x
SELECT 1 INTO x
WITH x AS (INSERT INTO silver.breaks SELECT 1) SELECT * FROM x
SELECT * FROM silver.breaks FOR UPDATE
EXPLAIN INSERT INTO silver.breaks SELECT 1
EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x'
EXPLAIN ANALYZE DELETE FROM silver.breaks
EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x'
COPY (SELECT 1) TO '/tmp/x'
COPY (SELECT 1) TO PROGRAM 'cat'
COPY silver.breaks FROM STDIN
COPY silver.breaks FROM '/etc/passwd'
COPY silver.breaks TO '/tmp/x'
/* SELECT */ DROP TABLE silver.breaks
SELECT 1; DROP TABLE silver.breaks
PREPARE x AS DROP TABLE silver.breaks
EXECUTE x
DECLARE c CURSOR FOR DELETE FROM silver.breaks
DO $$ BEGIN END $$
CALL x()
GRANT ALL ON silver.breaks TO analyst
SET ROLE finance
SET SESSION AUTHORIZATION finance
LISTEN x
NOTIFY x
LOCK TABLE silver.breaks
VACUUM
ANALYZE silver.breaks
REFRESH MATERIALIZED VIEW x
LOAD 'x'
ATTACH DATABASE 'x' AS y
MERGE INTO silver.breaks USING silver.breaks ON true WHEN MATCHED THEN DELETE
SELECT * FROM read_parquet('/tmp/x')
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM parquet_metadata('/tmp/x')
SELECT * FROM "READ_CSV"('/etc/passwd')
SELECT * FROM LATERAL read_csv('/etc/passwd')
SELECT * FROM TABLE(read_csv('/etc/passwd'))
SELECT * FROM metadata_cache()
SELECT * FROM information_schema.df_settings
SELECT * FROM information_schema."DF_SETTINGS"
SELECT * FROM ttt.information_schema.df_settings
SELECT * FROM pg_catalog.pg_authid
SELECT 1 WHERE EXISTS (SELECT * FROM information_schema.df_settings)
SELECT (SELECT count(*) FROM pg_shadow)
SELECT repeat('a', 1000000000)
SELECT repeat('a', length(status)) FROM silver.breaks
SELECT array_repeat(1, 100000000)
SELECT range(1, 100000000000)
SELECT generate_series(1, 100000000000)
SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a INT PATH '$'))
SHOW TABLES
SELECT repeat(repeat('a', 1000), 1000)
WITH a AS (SELECT repeat('a', 1000) AS x) SELECT repeat(x, 1000) FROM a
SELECT unnest(range(1, 100000)) FROM silver.breaks
