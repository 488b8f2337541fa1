import GRDB
package import Terms

/// Why a database could not do what it was asked.
package typealias SQLiteError = Failure<SQLiteErrorCode>

package enum SQLiteErrorCode: String, Hashable, Sendable {
    /// Another process keeps it.
    case busy
    /// The file is not what it should be.
    case damaged
    /// No room, or a disk that fails.
    case full
    /// It cannot be opened, or not for writing.
    case cannotOpen
    /// A newer program wrote it.
    case newer
    /// Nobody waits for the answer any more, or the program ends.
    case interrupted
    /// Too many writes wait.
    case overloaded
    /// This program asked for what the schema forbids: its own bug, and nothing is wrong with the file.
    case misuse
}

extension SQLiteError {
    package static let damaged = SQLiteError(.damaged, "the database is damaged")

    /// A failure of GRDB in this module's terms. Its message may quote what was to be stored: only the code is kept.
    init(_ error: DatabaseError) {
        let code: SQLiteErrorCode =
            switch error.resultCode {
            // Another process, or the machine, has no more to give now.
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL, .SQLITE_NOMEM: .busy
            case .SQLITE_FULL, .SQLITE_IOERR: .full
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .cannotOpen
            case .SQLITE_INTERRUPT, .SQLITE_ABORT: .interrupted
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA: .damaged
            // A table or column that is not there: the file is not what it should be.
            case .SQLITE_ERROR: .damaged
            default: .misuse
            }
        self.init(code, "SQLite says \(error.extendedResultCode)")
    }

    /// Runs `body`, giving what GRDB throws in this module's terms.
    static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw translated(error)
        }
    }

    static func translated(_ error: any Error) -> any Error {
        if let error = error as? DatabaseError { return SQLiteError(error) }
        return error is RowDecodingError ? SQLiteError.damaged : error
    }
}
