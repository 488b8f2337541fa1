import GRDB

/// An open transaction on a database: what store files speak SQL to. Statements are compiled once for each connection.
package struct Connection {
    let database: GRDB.Database

    /// Runs a statement that gives no rows.
    package func run(_ sql: String, _ arguments: [(any Bindable)?] = []) throws {
        try database.cachedStatement(sql: sql).execute(arguments: Self.statementArguments(arguments))
    }

    /// Runs several statements that take no arguments, once: a schema.
    package func runScript(_ sql: String) throws { try database.execute(sql: sql) }

    package func rows(_ sql: String, _ arguments: [(any Bindable)?] = []) throws -> [Row] {
        try GRDB.Row.fetchAll(
            database.cachedStatement(sql: sql), arguments: Self.statementArguments(arguments)
        ).map { Row(row: $0) }
    }

    /// The first row; nil where there is none.
    package func row(_ sql: String, _ arguments: [(any Bindable)?] = []) throws -> Row? {
        try GRDB.Row.fetchOne(
            database.cachedStatement(sql: sql), arguments: Self.statementArguments(arguments)
        ).map { Row(row: $0) }
    }

    /// Row after row, as long as `body` wants more. The row is good only while `body` runs.
    package func each(
        _ sql: String, _ arguments: [(any Bindable)?] = [], _ body: (Row) throws -> Bool
    ) throws {
        let found = try GRDB.Row.fetchCursor(
            database.cachedStatement(sql: sql), arguments: Self.statementArguments(arguments))
        while let next = try found.next(), try body(Row(row: next)) {}
    }

    /// The first row's first column; nil where there is no row, or NULL in it.
    package func number(_ sql: String, _ arguments: [(any Bindable)?] = []) throws -> Int64? {
        guard let row = try row(sql, arguments), try !row.isNull(0) else { return nil }
        return try row.integer(0)
    }

    /// The first row's first column as a truth; false where there is no row.
    package func holds(_ sql: String, _ arguments: [(any Bindable)?] = []) throws -> Bool {
        try number(sql, arguments) == 1
    }

    /// How many rows the last statement changed.
    package var changeCount: Int { database.changesCount }
    package var lastInsertedRowID: Int64 { database.lastInsertedRowID }

    private static func statementArguments(_ arguments: [(any Bindable)?]) -> StatementArguments {
        StatementArguments(arguments.map { $0?.bound.databaseValue ?? .null })
    }
}
