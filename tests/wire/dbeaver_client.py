"""DBeaver: what it asks of the catalogue from opening a connection down to a table's columns, asked as it asks it."""

import psycopg

from wire import same, url

# Read by their names, as DBeaver does; parameters are bound as bigint.
SESSION = [
    "SET extra_float_digits = 3",
    "SET application_name = 'DBeaver 25.3.3 - Main <ttt>'",
    "SELECT version()",
    "SELECT current_schema(),session_user",
    "SHOW search_path",
    "SELECT * FROM pg_catalog.pg_enum WHERE 1<>1 LIMIT 1",
    "SELECT reltype FROM pg_catalog.pg_class WHERE 1<>1 LIMIT 1",
    "select * from pg_catalog.pg_settings where name='standard_conforming_strings'",
    "select string_agg(word, ',') from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,\"null\",zone}'::text[])",
]
DATABASE = "SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datname=%s"
SCHEMAS = (
    "SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n\n"
    "LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass\n"
    " ORDER BY nspname"
)
TYPES = (
    "SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description\n"
    "FROM pg_catalog.pg_type t\nLEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem \n"
    "LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid\n"
    "LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid\n"
    "WHERE t.typname IS NOT NULL\nAND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C')"
)
TABLES = (
    "SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  "
    "pg_catalog.pg_get_partkeydef(c.oid) as partition_key \nFROM pg_catalog.pg_class c\n"
    "LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass\n"
    "WHERE c.relnamespace=%s AND c.relkind not in ('i','I','c')"
)
COLUMNS = (
    "SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid\n"
    "FROM pg_catalog.pg_attribute a\nINNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)\n"
    "LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)\n"
    "LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)\n"
    "LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum "
    "and dep.classid = dep.refclassid\nWHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.oid=%s\nORDER BY a.attnum"
)
# Of these there are none here.
NOTHING = [
    "SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, "
    "case when c.contype='c' then \"substring\"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy\n"
    "FROM pg_catalog.pg_constraint c\nINNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid\n"
    "LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid\n"
    "LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass\n"
    "WHERE c.conrelid=%s\nORDER BY c.oid",
    "SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description\n"
    "FROM pg_catalog.pg_index i\nINNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid\n"
    "INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid\n"
    "LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid\nWHERE i.indrelid=%s ORDER BY tabrelname, c.relname",
    "SELECT i.*,c.relnamespace FROM pg_catalog.pg_inherits i,pg_catalog.pg_class c WHERE i.inhrelid=%s AND c.oid=i.inhparent ORDER BY i.inhseqno",
    "SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description FROM pg_catalog.pg_trigger x "
    "LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0 "
    "WHERE x.tgrelid=%s AND NOT tgisinternal",
    "SELECT r.oid,r.*, pg_get_ruledef(r.oid) AS definition FROM pg_rewrite r WHERE r.ev_class=%s AND r.rulename <> '_RETURN'::name",
    "select * from pg_catalog.pg_policies where schemaname='silver' and tablename='breaks' and 1 = %s",
]
SIZES = (
    "select c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size\n"
    "FROM pg_class c\nWHERE c.relnamespace=%s"
)
ROLES = (
    "SELECT a.oid,a.*,pd.description FROM pg_catalog.pg_roles a\n"
    "left join pg_catalog.pg_shdescription pd on a.oid = pd.objoid\nORDER BY a.rolname"
)

with psycopg.connect(url("analyst"), autocommit=True, row_factory=psycopg.rows.dict_row) as connection:

    def rows(statement, *values):
        return connection.execute(statement, [psycopg.types.numeric.Int8(value) if isinstance(value, int) else value for value in values] or None).fetchall()

    for statement in SESSION:
        connection.execute(statement)
    same([row["datname"] for row in rows(DATABASE, "ttt")], ["ttt"], "the database")
    schemas = {row["nspname"]: row["oid"] for row in rows(SCHEMAS)}
    same({"silver", "gold", "pg_catalog", "information_schema"} <= schemas.keys(), True, f"schemas {sorted(schemas)}")
    types = {row["typname"]: row["oid"] for row in rows(TYPES)}
    same((types["numeric"], types["text"], types["_text"]), (1700, 25, 1009), "types")
    tables = {row["relname"]: row for row in rows(TABLES, schemas["silver"])}
    same({"breaks", "reconciliation"} <= tables.keys(), True, f"tables {sorted(tables)}")
    same(all("key: " in row["description"] for row in tables.values()), True, "every table says what it is")
    breaks = tables["breaks"]["oid"]
    columns = rows(COLUMNS, breaks)
    same([row["attnum"] for row in columns], list(range(1, len(columns) + 1)), "columns in order")
    same(all(row["description"] for row in columns), True, "every column says what it is")
    amount = next(row for row in columns if row["attname"] == "amount")
    same((amount["atttypid"], amount["atttypmod"]), (1700, (28 << 16 | 9) + 4), "the type of an amount")
    for statement in NOTHING:
        same(rows(statement, breaks), [], statement)
    same(breaks in {row["oid"] for row in rows(SIZES, schemas["silver"])}, True, "sizes")
    rows(ROLES)
    # What it does with a table that is opened.
    same(len(rows("SELECT x.* FROM silver.breaks x\nLIMIT 2")) <= 2, True, "rows of a table")
print("dbeaver's questions", len(NOTHING) + len(SESSION) + 8)
