import CallList
import Foundation
import Logging
import RelayAPI
import SQLite
import Sodium
import Terms

extension RelayServer {
    static let databaseFile = "relay.sqlite"

    static func openStore(
        _ options: Options, identity: Ed25519.PrivateKey, logger: Logger,
        publish: @escaping @Sendable ([Notice]) -> Void
    ) throws -> SQLiteStore {
        let path = options.data.appendingPathComponent(databaseFile).path
        do {
            return try SQLiteStore(
                path: path, pages: options.limits.databasePages, reserve: options.limits.reservedDiskBytes,
                identity: identity, logger: logger, publish: publish)
        } catch let error as SQLiteError {
            switch error.code {
            case .newer:
                throw StartError(
                    .newer, "\(path) was written by a newer tocsin-relay", hint: "run that version, or a later one")
            case .full:
                throw StartError(
                    .noRoom, "there is no room for \(path)", hint: "make room on the disk, or raise databasePages")
            case .cannotOpen:
                throw StartError(
                    .dataUnusable, "cannot open \(path): \(error.reason)",
                    hint: "the relay must own its data directory and every file in it")
            default:
                throw StartError(
                    .damaged, "\(path) is damaged, or no relay's database (\(error.reason))",
                    hint: "put it aside and restore a backup; nothing was changed")
            }
        }
    }

    static func startClock(_ sources: RelayClock.Sources, store: SQLiteStore) async throws -> RelayClock {
        do {
            return RelayClock(sources, last: try await store.tick())
        } catch {
            throw damaged
        }
    }

    static func openGeneration(
        _ options: Options, store: SQLiteStore, isNew: Bool, logger: Logger
    ) async throws -> GenerationKeeper {
        try await store.startGeneration()
        let (keeper, beginning) = try await GenerationKeeper.open(in: options.data, store: store, isNew: isNew)
        if beginning == .wentBack {
            logger.warning(
                "the database is not the one that this relay last wrote: a new generation begins, without rooms [R22]")
        }
        return keeper
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
                throw StartError(
                    .callListRefused, "the stored call list is not signed under this root",
                    hint: "is --root the one that this relay was set up with?")
            }
        }
        guard let given = options.callList else {
            throw StartError(
                .callListMissing, "there is no call list yet", hint: "give one: --calllist FILE")
        }
        return (try UnverifiedCallList(decoding: given).verify(root: options.root), true)
    }

    private static let damaged = StartError(
        .damaged, "the stored call list cannot be read: the database is damaged",
        hint: "put it aside and restore a backup; nothing was changed")

    /// A given list that is the next is taken; the same one, or an older one that was in use, is passed over. Two different
    /// lists of one version are never passed over: the officers' threshold signed both.
    func takeIfNext(_ bundle: [UInt8], logger: Logger) async throws {
        let list = try UnverifiedCallList(decoding: bundle).verify(root: core.root)
        let current = core.directory.list
        if list.isSame(as: current) { return }
        if list.version < current.version, try await !isFork(list) {
            logger.notice(
                "the given call list is older than the stored one, and is passed over",
                metadata: ["given": "\(list.version)", "stored": "\(current.version)"])
            return
        }
        guard list.version > current.version else {
            throw StartError(
                .callListForked,
                "there are two different call lists \(list.version), the given one and the stored one: "
                    + "somebody signed both",
                hint: "keep the given file and the data directory as they are, and ask every officer")
        }
        do {
            try list.checkSucceeds(current)
            try await core.accept(callList: bundle)
        } catch let error as CallListError {
            throw StartError(
                .callListRefused, error.reason, hint: error.hint ?? "the relay has call list \(current.version)")
        } catch let problem as Problem {
            throw StartError(
                .callListRefused, problem.detail ?? problem.title,
                hint: problem.hint ?? "the relay has call list \(current.version)")
        }
    }

    /// Whether another list of this version is stored.
    private func isFork(_ list: CallList) async throws -> Bool {
        guard let bundle = try await core.store.callList(version: list.version) else { return false }
        guard let stored = try? UnverifiedCallList(decoding: bundle).verify(root: core.root) else { throw Self.damaged }
        return !stored.isSame(as: list)
    }
}
