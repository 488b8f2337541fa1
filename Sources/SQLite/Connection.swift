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

    /// What `read` makes of the first row; nil where there is none. The row is good only while `read` runs, and so costs less
    /// than ``row(_:_:)``.
    package func first<T>(
        _ sql: String, _ arguments: [(any Bindable)?] = [], _ read: (Row) throws -> T
    ) throws -> T? {
        let found = try GRDB.Row.fetchCursor(
            database.cachedStatement(sql: sql), arguments: Self.statementArguments(arguments))
        // The row is the cursor's.
        return try withExtendedLifetime(found) { try found.next().map { try read(Row(row: $0)) } }
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
        try first(sql, arguments) { row in try row.isNull(0) ? nil : row.integer(0) } ?? nil
    }

    /// The first row's first column as a truth; false where there is no row.
    package func holds(_ sql: String, _ arguments: [(any Bindable)?] = []) throws -> Bool {
        try number(sql, arguments) == 1
    }

    /// How many rows the last statement changed.
    package var changeCount: Int { database.changesCount }
    package var lastInsertedRowID: Int64 { database.lastInsertedRowID }

    /// As existentials: given a sequence of one type, GRDB makes a key path for each statement that is run, which took 40 % of
    /// the relay's writer.
    private static func statementArguments(_ arguments: [(any Bindable)?]) -> StatementArguments {
        StatementArguments(arguments.map { $0?.bound.databaseValue as (any DatabaseValueConvertible)? })
    }
}
