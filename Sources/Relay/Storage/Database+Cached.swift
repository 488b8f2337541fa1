import Foundation
import GRDB
import RelayAPI

extension Database {
    /// Runs a statement that is compiled once for each connection.
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func number(_ sql: String, _ arguments: StatementArguments = []) throws -> Int64? {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Row {
    // A damaged file must end in an error, not in a trap: GRDB's subscripts trap on what is not of the wanted type.

    /// - Throws: where the column holds no number from 0 up.
    func unsigned(_ index: Int) throws -> UInt64 {
        guard let value = UInt64(exactly: try decode(Int64.self, atIndex: index)) else { throw Problem.internalError }
        return value
    }

    func bytes(_ index: Int) throws -> [UInt8] { [UInt8](try decode(Data.self, atIndex: index)) }
}

extension RelayTime {
    /// As the database has it. Times come from clocks; what lies beyond is as good as never.
    var stored: Int64 { Int64(clamping: milliseconds) }
}
