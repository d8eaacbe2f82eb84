"""ADBC: Arrow tables by binary COPY."""

import adbc_driver_postgresql.dbapi

from wire import STATEMENT, VALUES, WORDS, check_rows, same, url

with adbc_driver_postgresql.dbapi.connect(url("finance")) as connection:
    with connection.cursor() as cursor:
        cursor.execute(VALUES)
        row = cursor.fetch_arrow_table().to_pylist()[0]
        # ADBC gives numerics as texts, so that none is rounded.
        same(str(row["wide"]), "12345678901234567890123456789.123456789", "wide")
        same(row["words"], WORDS, "words")
        same((row["large"], row["absent"], row["nothing"]), (2**63 - 1, None, ""), "plain values")
        same(row["list"], ["a", "b c", None, "", '"x"'], "a list")
        cursor.execute(STATEMENT)
        rows = [tuple(row.values()) for row in cursor.fetch_arrow_table().to_pylist()]
        check_rows(rows, "rows")
        cursor.execute("SELECT 1 AS a WHERE false")
        same(cursor.fetch_arrow_table().num_rows, 0, "no rows")
    # What there is, by the driver's own calls.
    catalogs = connection.adbc_get_objects(depth="all", db_schema_filter="silver").read_all().to_pylist()
    same([catalog["catalog_name"] for catalog in catalogs], ["ttt"], "catalogues")
    tables = {table["table_name"]: table for table in catalogs[0]["catalog_db_schemas"][0]["db_schema_tables"]}
    columns = {column["column_name"]: column for column in tables["breaks"]["table_columns"]}
    same("money at stake" in columns["amount"]["remarks"], True, "remarks of a column")
    kinds = {field.name: str(field.type) for field in connection.adbc_get_table_schema("breaks", db_schema_filter="silver")}
    same((kinds["age_days"], kinds["first_seen"], kinds["class"]), ("int64", "date32[day]", "string"), "types of a table")
print("adbc", adbc_driver_postgresql.__version__)
