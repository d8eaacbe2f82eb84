// JDBC: metadata as tools ask for it, values in text and binary, prepared statements, fetch sizes, a cancel.

import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;

public class JdbcClient {
    static final String PASSWORD = System.getenv("TTT_PASSWORD");

    static void same(Object found, Object expected, String what) {
        if (!Objects.equals(found, expected)) {
            System.err.println(what + ": found " + found + ", expected " + expected);
            System.exit(1);
        }
    }

    static Connection connect(String options) throws SQLException {
        String place = System.getenv("TTT_HOST") + ":" + System.getenv("TTT_PORT");
        return DriverManager.getConnection("jdbc:postgresql://" + place + "/ttt" + options, "finance", PASSWORD);
    }

    // One column of all rows.
    static List<String> all(ResultSet rows, String column) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) found.add(rows.getString(column));
        rows.close();
        return found;
    }

    static void metadata(Connection connection) throws SQLException {
        DatabaseMetaData about = connection.getMetaData();
        same(about.getDatabaseProductName(), "PostgreSQL", "product");
        same(about.getDatabaseMajorVersion(), 16, "version");
        same(about.getUserName(), "finance", "user");
        same(all(about.getSchemas(), "TABLE_SCHEM").containsAll(List.of("silver", "gold")), true, "schemas");
        same(all(about.getSchemas(null, "silver"), "TABLE_SCHEM"), List.of("silver"), "one schema");
        same(all(about.getCatalogs(), "TABLE_CAT"), List.of("ttt"), "catalogs");
        same(all(about.getTableTypes(), "TABLE_TYPE").contains("TABLE"), true, "types of tables");
        List<String> tables = all(about.getTables(null, "silver", "%", new String[] {"TABLE"}), "TABLE_NAME");
        same(tables.containsAll(List.of("breaks", "reconciliation")), true, "tables: " + tables);
        same(all(about.getTables(null, "silver", "break\\_tot%", null), "TABLE_NAME"), List.of("break_totals"), "a pattern");
        ResultSet one = about.getTables("ttt", "silver", "breaks", null);
        same(one.next(), true, "a table");
        same(one.getString("TABLE_TYPE"), "TABLE", "its type");
        same(one.getString("REMARKS").contains("key: "), true, "its remarks");
        Map<String, ResultSet> seen = new HashMap<>();
        ResultSet columns = about.getColumns(null, "silver", "breaks", "%");
        int place = 0;
        boolean amount = false, key = false;
        while (columns.next()) {
            same(columns.getInt("ORDINAL_POSITION"), ++place, "place of a column");
            if (columns.getString("COLUMN_NAME").equals("amount")) {
                same(columns.getInt("DATA_TYPE"), Types.NUMERIC, "type of an amount");
                same(columns.getInt("COLUMN_SIZE"), 28, "precision of an amount");
                same(columns.getInt("DECIMAL_DIGITS"), 9, "scale of an amount");
                same(columns.getString("REMARKS").contains("money at stake"), true, "remarks of an amount");
                amount = true;
            }
            if (columns.getString("COLUMN_NAME").equals("break_id")) {
                same(columns.getString("TYPE_NAME"), "text", "type of a key");
                key = true;
            }
        }
        same(amount && key, true, "columns");
        // Keys are not enforced by anything here, so that none is said to be.
        same(about.getPrimaryKeys(null, "silver", "breaks").next(), false, "primary keys");
        same(about.getImportedKeys(null, "silver", "breaks").next(), false, "imported keys");
        same(about.getExportedKeys(null, "silver", "breaks").next(), false, "exported keys");
        same(about.getIndexInfo(null, "silver", "breaks", false, true).next(), false, "indexes");
        about.getTablePrivileges(null, "silver", "breaks").close();
        about.getProcedures(null, "silver", "%").close();
        about.getFunctions(null, "silver", "%").close();
        same(all(about.getTypeInfo(), "TYPE_NAME").contains("numeric"), true, "types");
        same(about.getMaxColumnNameLength() > 0, true, "longest name");
        same(about.getSQLKeywords().length() > 0, true, "keywords");
    }

    static void values(Connection connection, String what) throws SQLException {
        String query = "SELECT CAST('12345678901234567890123456789.123456789' AS DECIMAL(38, 9)) AS wide, "
            + "CAST('-0.000000001' AS DECIMAL(28, 9)) AS small, CAST(9223372036854775807 AS BIGINT) AS large, "
            + "CAST(0.1 AS DOUBLE) AS ratio, TRUE AS truth, 'ünïcødé 日本 🎉' AS words, CAST(NULL AS VARCHAR) AS absent, "
            + "CAST('2026-11-20' AS DATE) AS day, "
            + "arrow_cast('2026-11-20T12:34:56.789012Z', 'Timestamp(Microsecond, Some(\"UTC\"))') AS instant, "
            + "['a', 'b c', NULL, '', '\"x\"'] AS list, [CAST('0.1' AS DECIMAL(28, 9)), NULL] AS amounts WHERE 1 = ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            // From the fifth time on it is kept by the server and read in binary.
            for (int time = 0; time < 7; time++) {
                statement.setInt(1, 1);
                ResultSet row = statement.executeQuery();
                same(row.next(), true, "a row");
                same(row.getBigDecimal("wide"), new BigDecimal("12345678901234567890123456789.123456789"), what + " wide");
                same(row.getBigDecimal("small"), new BigDecimal("-0.000000001"), what + " small");
                same(row.getLong("large"), Long.MAX_VALUE, what + " large");
                same(row.getDouble("ratio"), 0.1, what + " ratio");
                same(row.getBoolean("truth"), true, what + " truth");
                same(row.getString("words"), "ünïcødé 日本 🎉", what + " words");
                same(row.getString("absent"), null, what + " absent");
                same(row.getObject("day", LocalDate.class), LocalDate.of(2026, 11, 20), what + " day");
                same(row.getObject("instant", OffsetDateTime.class).toInstant(), Instant.parse("2026-11-20T12:34:56.789012Z"), what + " instant");
                same(Arrays.asList((Object[]) row.getArray("list").getArray()), Arrays.asList("a", "b c", null, "", "\"x\""), what + " list");
                same(Arrays.asList((Object[]) row.getArray("amounts").getArray()), Arrays.asList(new BigDecimal("0.100000000"), null), what + " amounts");
                same(row.next(), false, what + " one row");
            }
        }
    }

    static void parameters(Connection connection) throws SQLException {
        String query = "SELECT count(*) FROM silver.reconciliation WHERE dt = ? AND class = ? AND gross > ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            same(statement.getParameterMetaData().getParameterCount(), 3, "parameters");
            same(statement.getMetaData().getColumnType(1), Types.BIGINT, "type of a count");
            statement.setObject(1, LocalDate.of(2026, 11, 20));
            statement.setString(2, "MATCHED");
            statement.setBigDecimal(3, new BigDecimal("12345678901234567890123456789.123456789"));
            ResultSet row = statement.executeQuery();
            row.next();
            same(row.getLong(1), 0L, "compared");
        }
    }

    // In a transaction, rows come as many at a time as are asked for.
    static void fetched(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(100);
            ResultSet rows = statement.executeQuery("SELECT value FROM generate_series(1, 1050) ORDER BY value");
            long sum = 0;
            while (rows.next()) sum += rows.getLong(1);
            same(sum, 1050L * 1051 / 2, "fetched");
        }
        connection.commit();
        connection.setReadOnly(false);
        connection.setAutoCommit(true);
    }

    static void ends(Connection connection) throws Exception {
        String endless = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100000000) b";
        try (Statement statement = connection.createStatement()) {
            Thread canceller = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    statement.cancel();
                } catch (Exception error) {
                    error.printStackTrace();
                }
            });
            canceller.start();
            long begin = System.nanoTime();
            String code = "none";
            try {
                statement.executeQuery(endless);
            } catch (SQLException error) {
                code = error.getSQLState();
            }
            same(code, "57014", "cancelled");
            same((System.nanoTime() - begin) / 1e9 < 1.6, true, "cancelled in time");
            canceller.join();
        }
        for (String[] pair : new String[][] {{"SELECT * FROM nowhere", "42P01"}, {"DELETE FROM silver.breaks", "42501"}}) {
            String code = "none";
            try (Statement statement = connection.createStatement()) {
                statement.execute(pair[0]);
            } catch (SQLException error) {
                code = error.getSQLState();
            }
            same(code, pair[1], pair[0]);
        }
        same(connection.isValid(5), true, "the connection goes on");
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection connection = connect("?ApplicationName=jdbc")) {
            metadata(connection);
            values(connection, "usual");
            parameters(connection);
            fetched(connection);
            ends(connection);
        }
        try (Connection connection = connect("?preferQueryMode=simple")) {
            values(connection, "simple");
        }
        try (Connection connection = connect("?prepareThreshold=-1")) {
            values(connection, "binary");
        }
        System.out.println("jdbc " + org.postgresql.Driver.class.getPackage().getImplementationVersion());
    }
}
