public import CallList
public import Foundation
public import Logging
import Platform
import SQLite
import Terms

/// A copy of a relay, from which it can be set up again: keys, call lists, enrolments. A relay that is restored keeps nothing of
/// rooms, since it cannot know what it has given out since the copy was made [R22].
public enum RelayBackup {
    private static let bytes = 1 << 16

    /// Copies a relay, whether it runs or not.
    /// - Parameters:
    ///   - data: its data directory.
    ///   - folder: which must not exist yet. It holds the relay's identity afterwards: to be guarded as the relay itself.
    /// - Throws: ``StartError``, `FileError`; then there is no folder.
    public static func make(of data: URL, in folder: URL) async throws {
        _ = try RelayKeys.load(from: data)
        try await filling(folder) {
            for (name, mode) in RelayKeys.files { try copy(name, from: data, to: folder, mode: mode) }
            try copyDatabase(from: data, to: folder)
        }
    }

    /// Sets a relay up again.
    /// - Parameters:
    ///   - folder: what ``make(of:in:)`` made.
    ///   - data: the new data directory, which must not exist yet.
    ///   - callLists: up to the newest that the officers published, in their order: who was revoked since must stay out.
    /// - Returns: the version of the call list that it has now.
    /// - Throws: ``StartError``, `FileError`; then there is no data directory.
    public static func restore(
        from folder: URL, to data: URL, root: TrustedRoot, callLists: [[UInt8]], logger: Logger
    ) async throws -> UInt64 {
        let keys = try RelayKeys.load(from: folder)
        return try await filling(data) {
            for (name, mode) in RelayKeys.files { try copy(name, from: folder, to: data, mode: mode) }
            try copyDatabase(from: folder, to: data)
            let store = try SQLiteStore(
                path: data.appendingPathComponent(RelayServer.databaseFile).path, pages: 0, reserve: 0,
                identity: keys.identity, logger: logger, publish: { _ in })
            defer { try? store.database.close() }
            try await store.startGeneration()
            return try await take(callLists, into: store, root: root)
        }
    }

    private static func take(_ bundles: [[UInt8]], into store: SQLiteStore, root: TrustedRoot) async throws -> UInt64 {
        guard let stored = try await store.newestCallList() else {
            throw StartError(
                .damaged, "the copy holds no call list", hint: "is it a relay's? It was to be made by: backup")
        }
        let first = try UnverifiedCallList(decoding: stored).verify(root: root)
        var newest = first
        for bundle in bundles {
            let next = try UnverifiedCallList(decoding: bundle).verify(root: root, known: newest)
            if next.isSame(as: newest) { continue }
            do {
                try next.checkSucceeds(newest)
            } catch {
                throw StartError(
                    .callListRefused,
                    "call list \(next.version) does not follow \(newest.version), which the relay has then",
                    hint:
                        "give each from \(first.version + 1) to the newest, in their order: --calllist FILE --calllist FILE…"
                )
            }
            try await store.put(
                callList: bundle, version: next.version, devices: Set(next.devices.map(\.id)))
            newest = next
        }
        return newest.version
    }

    // MARK: Files

    /// Makes a folder, and takes it away again where `fill` fails.
    private static func filling<T>(_ folder: URL, _ fill: () async throws -> T) async throws -> T {
        try create(folder)
        do {
            return try await fill()
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    private static func create(_ folder: URL) throws(StartError) {
        guard mkdir(folder.path, 0o700) == 0 else {
            throw StartError(
                .dataUnusable, "cannot make \(folder.path): \(String(cString: strerror(errno)))",
                hint: "name a folder that is not there yet; nothing was overwritten")
        }
    }

    private static func copy(_ name: String, from: URL, to: URL, mode: mode_t) throws {
        let bytes = try NewFile.read(from.appendingPathComponent(name), limit: bytes)
        try NewFile.write(bytes, to: to.appendingPathComponent(name), mode: mode)
    }

    private static func copyDatabase(from: URL, to: URL) throws {
        let (source, copy) = (
            from.appendingPathComponent(RelayServer.databaseFile), to.appendingPathComponent(RelayServer.databaseFile)
        )
        do {
            var options = Database.Options()
            options.readers = 0
            options.access = .readOnly
            let database = try Database(path: source.path, options: options)
            defer { try? database.close() }
            try database.copy(to: copy.path)
        } catch let error as SQLiteError {
            throw StartError(
                error.code == .full ? .noRoom : .dataUnusable, "cannot copy \(source.path): \(error.reason)",
                hint: "nothing was changed; a relay's database is there once it has run")
        }
        // Durable, and for nobody else.
        guard chmod(copy.path, 0o600) == 0, sync(copy), sync(to) else {
            throw StartError(.dataUnusable, "cannot write \(copy.path): \(String(cString: strerror(errno)))")
        }
    }

    private static func sync(_ url: URL) -> Bool {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }
}
