-- What asyncpg asks for each type that it does not know: domains, ranges and rows there are none of here, so that a
-- list and its items are all that there is to say.
SELECT t.oid AS oid, n.nspname AS ns, t.typname AS name, t.typtype AS kind, CAST(NULL AS INT) AS basetype,
  t.typelem AS elemtype, e.typdelim AS elemdelim, CAST(NULL AS INT) AS range_subtype,
  CAST(NULL AS INT[]) AS attrtypoids, CAST(NULL AS TEXT[]) AS attrnames, 0 AS depth,
  CAST(NULL AS TEXT) AS basetype_name, pg_catalog.format_type(t.typelem, -1) AS elemtype_name,
  CAST(NULL AS TEXT) AS range_subtype_name
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE t.oid = ANY($1::oid[])
