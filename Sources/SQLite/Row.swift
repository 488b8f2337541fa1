package import Foundation
import GRDB
package import Terms

/// One row of an answer. A file that was damaged may hold anything in any column: that ends in `damaged`, never in a trap.
package struct Row {
    let row: GRDB.Row

    /// A column, by its place or its name.
    package enum Column: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
        case index(Int)
        case name(String)
        package init(integerLiteral value: Int) { self = .index(value) }
        package init(stringLiteral value: String) { self = .name(value) }
    }

    package func isNull(_ column: Column) throws -> Bool { try value(column).isNull }

    package func integer(_ column: Column) throws -> Int64 { try decode(Int64.self, column) }

    /// - Throws: `damaged` also for a negative number.
    package func unsigned(_ column: Column) throws -> UInt64 {
        guard let number = UInt64(exactly: try integer(column)) else { throw SQLiteError.damaged }
        return number
    }

    package func count(_ column: Column) throws -> Int {
        guard let number = Int(exactly: try unsigned(column)) else { throw SQLiteError.damaged }
        return number
    }

    package func flag(_ column: Column) throws -> Bool {
        switch try integer(column) {
        case 0: false
        case 1: true
        default: throw SQLiteError.damaged
        }
    }

    package func text(_ column: Column) throws -> String { try decode(String.self, column) }
    package func data(_ column: Column) throws -> Data { try decode(Data.self, column) }
    package func bytes(_ column: Column) throws -> [UInt8] { [UInt8](try data(column)) }
    package func time(_ column: Column) throws -> Timestamp { Timestamp(milliseconds: try unsigned(column)) }

    package func identifier<ID: Identifier16>(_ column: Column) throws -> ID { try identifier(ID.self, column) }

    package func identifier<ID: Identifier16>(_ type: ID.Type, _ column: Column) throws -> ID {
        guard let id = ID(try bytes(column)) else { throw SQLiteError.damaged }
        return id
    }

    /// `read`'s value; nil where the column is NULL.
    package func optional<T>(_ column: Column, _ read: (Row) -> (Column) throws -> T) throws -> T? {
        try isNull(column) ? nil : read(self)(column)
    }

    private func decode<T: DatabaseValueConvertible>(_ type: T.Type, _ column: Column) throws -> T {
        guard let decoded = T.fromDatabaseValue(try value(column)) else { throw SQLiteError.damaged }
        return decoded
    }

    private func value(_ column: Column) throws -> DatabaseValue {
        switch column {
        case .index(let index):
            guard (0..<row.count).contains(index) else { throw SQLiteError.damaged }
            return row[index]
        case .name(let name):
            guard row.hasColumn(name) else { throw SQLiteError.damaged }
            return row[name]
        }
    }
}
