"""The JDBC driver: what tools ask of its metadata, prepared statements, a result in parts."""

import decimal
import os

import jpype
import jpype.imports  # noqa: F401

from wire import HOST, PASSWORD, PORT, STATEMENT, VALUES, WIDE, WORDS, check_rows, same

JAR = os.environ.get("TTT_JDBC", "/usr/share/java/postgresql.jar")
jpype.startJVM("-Xmx256m", classpath=[JAR])
from java.math import BigDecimal  # noqa: E402
from java.sql import Date, DriverManager  # noqa: E402

# In Python's JVM the driver does not announce itself.
jpype.JClass("org.postgresql.Driver")
connection = DriverManager.getConnection(f"jdbc:postgresql://{HOST}:{PORT}/ttt", "finance", PASSWORD)


def rows(result):
    count = result.getMetaData().getColumnCount()
    while result.next():
        yield [result.getObject(place) for place in range(1, count + 1)]


meta = connection.getMetaData()
same("silver" in [str(row[0]) for row in rows(meta.getSchemas())], True, "schemas")
tables = {(str(row[1]), str(row[2])) for row in rows(meta.getTables(None, "silver", "%", None))}
same(("silver", "breaks") in tables, True, f"tables {tables}")
columns = {str(row[3]): str(row[5]) for row in rows(meta.getColumns(None, "silver", "breaks", "%"))}
same((columns.get("amount"), columns.get("first_seen")), ("numeric", "date"), f"columns {columns}")
list(rows(meta.getPrimaryKeys(None, "silver", "breaks")))
list(rows(meta.getIndexInfo(None, "silver", "breaks", False, False)))
list(rows(meta.getImportedKeys(None, "silver", "breaks")))
list(rows(meta.getTypeInfo()))
list(rows(meta.getCatalogs()))
statement = connection.prepareStatement(VALUES)
# After its fifth run the driver asks for binary values.
for run in range(8):
    result = statement.executeQuery()
    result.next()
    same(decimal.Decimal(str(result.getBigDecimal("wide").toPlainString())), WIDE, f"wide, run {run}")
    same(str(result.getString("words")), WORDS, f"words, run {run}")
    same(int(result.getLong("large")), 2**63 - 1, f"large, run {run}")
    same(result.getString("absent"), None, f"absent, run {run}")
    same(str(result.getObject("instant", jpype.JClass("java.time.OffsetDateTime").class_)), "2026-11-20T12:34:56.789012Z",
         f"instant, run {run}")
    same([None if item is None else str(item) for item in result.getArray("list").getArray()],
         ["a", "b c", None, "", '"x"'], f"list, run {run}")
    result.close()
asked = connection.prepareStatement("SELECT count(*) FROM silver.reconciliation WHERE dt = ? AND class = ? AND gross > ?")
asked.setDate(1, Date.valueOf("2026-11-20"))
asked.setString(2, "MATCHED")
asked.setBigDecimal(3, BigDecimal("0.000000001"))
result = asked.executeQuery()
result.next()
same(int(result.getLong(1)) > 0, True, "parameters")
connection.setAutoCommit(False)
parts = connection.prepareStatement(STATEMENT)
parts.setFetchSize(7)
found = []
result = parts.executeQuery()
while result.next():
    found.append((
        str(result.getDate(1)), str(result.getString(2)), None if result.getString(3) is None else str(result.getString(3)),
        int(result.getLong(4)), int(result.getLong(5)), str(result.getBigDecimal(6).toPlainString()), bool(result.getBoolean(7)),
    ))
check_rows(found, "a result in parts")
connection.commit()
connection.close()
print("jdbc", os.path.basename(os.path.realpath(JAR)))
