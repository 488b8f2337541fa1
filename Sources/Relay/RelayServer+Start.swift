import CallList
import Foundation
import GRDB
import Logging
import RelayAPI

extension RelayServer {
    /// Why a relay cannot start, and what to do about it. Nothing was overwritten.
    public struct StartFailure: Error, CustomStringConvertible {
        public let description: String
        public let hint: String
    }

    static func openStore(_ options: Options, logger: Logger) throws -> SQLiteStore {
        let path = options.data.appendingPathComponent("relay.sqlite").path
        do {
            return try SQLiteStore(path: path, pages: options.limits.databasePages, logger: logger)
        } catch SQLiteStore.OpenFailure.newer {
            throw StartFailure(
                description: "\(path) was written by a newer tocsin-relay", hint: "run that version, or a later one")
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL:
                throw StartFailure(
                    description: "there is no room for \(path)", hint: "make room on the disk, or raise databasePages")
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
                throw StartFailure(
                    description: "cannot open \(path): \(error.resultCode)",
                    hint: "the relay must own its data directory and every file in it")
            default:
                throw StartFailure(
                    description: "\(path) is damaged, or no relay's database (\(error.resultCode))",
                    hint: "put it aside and restore a backup; nothing was changed")
            }
        }
    }

    /// The newest stored list; else the given one.
    static func firstList(
        _ options: Options, store: SQLiteStore
    ) async throws -> (list: CallList, isNew: Bool) {
        let stored: [UInt8]?
        do {
            stored = try await store.newestCallList()
        } catch {
            throw damaged
        }
        if let stored {
            do {
                return (try UnverifiedCallList(decoding: stored).verify(root: options.root), false)
            } catch {
                guard error.code == .wrongRoot || error.code == .notSigned else { throw damaged }
                throw StartFailure(
                    description: "the stored call list is not signed under this root",
                    hint: "is --root the one that this relay was set up with?")
            }
        }
        guard let given = options.callList else {
            throw StartFailure(description: "there is no call list yet", hint: "give one: --calllist FILE")
        }
        return (try UnverifiedCallList(decoding: given).verify(root: options.root), true)
    }

    private static let damaged = StartFailure(
        description: "the stored call list cannot be read: the database is damaged",
        hint: "put it aside and restore a backup; nothing was changed")

    /// A given list that is the next is taken; an older or the same one is passed over.
    func takeIfNext(_ bundle: [UInt8]) async throws {
        let list = try UnverifiedCallList(decoding: bundle).verify(root: core.root)
        guard list.version > core.directory.list.version else { return }
        do {
            try await core.accept(callList: bundle)
        } catch let problem as Problem {
            throw StartFailure(
                description: problem.detail ?? problem.title,
                hint: problem.hint ?? "the relay has call list \(core.directory.list.version)")
        }
    }
}
