import Foundation
import Platform
import RelayAPI
import Synchronization
import Terms

/// A marker beside the relay's database of how far it had come: a database that is behind it was put back, and begins another
/// generation [R22].
final class GenerationKeeper: Sendable {
    private let file: URL
    private let state: Mutex<State>

    private struct State {
        var current: Generation
        /// What the marker holds; nil where it could not be written.
        var marked: RelayMark?
        /// When that was last tried.
        var tried = ContinuousClock.now
    }

    private static let name = "generation"
    private static let fileBytes = 256
    /// The marker is no older than this, where there was something to mark.
    private static let interval = Duration.seconds(10)

    /// Whether another generation had to begin.
    enum Beginning: Sendable, Hashable { case goesOn, isNew, wentBack }

    private init(file: URL, mark: RelayMark) {
        self.file = file
        state = Mutex(State(current: mark.generation))
    }

    /// - Parameter isNew: the database was just made.
    /// - Throws: ``StartError`` where there is a marker that cannot be read: nothing is destroyed for want of a permission.
    static func open(
        in directory: URL, store: any RelayStore, isNew: Bool
    ) async throws -> (keeper: GenerationKeeper, beginning: Beginning) {
        let file = directory.appendingPathComponent(name)
        let marker = try read(file)
        let mark = try await store.mark()
        let keeper = GenerationKeeper(file: file, mark: mark)
        if isNew, marker == nil {
            try keeper.keep(mark)
            return (keeper, .isNew)
        }
        guard let marker, try await goesOn(marker, mark, store) else {
            try await keeper.begin(after: mark.generation, knowing: marker?.generation, in: store)
            return (keeper, .wentBack)
        }
        try keeper.keep(mark)
        return (keeper, .goesOn)
    }

    /// A marker of an earlier generation that the database knows is just late: it could not be written in time.
    private static func goesOn(_ marker: RelayMark, _ mark: RelayMark, _ store: any RelayStore) async throws -> Bool {
        guard marker.generation == mark.generation else { return try await store.knows(marker.generation) }
        return marker.writes <= mark.writes
    }

    func begin(after last: Generation, knowing other: Generation?, in store: any RelayStore) async throws {
        try await store.begin(after: last, knowing: other)
        let mark = try await store.mark()
        state.withLock { $0.current = mark.generation }
        try keep(mark)
    }

    /// Keeps now and then how far the database has come, once that is durable. Where it is the same there is nothing to write.
    func keepUp(with store: any RelayStore) async throws {
        guard state.withLock({ ContinuousClock.now - $0.tried >= Self.interval }) else { return }
        let mark = try await store.mark()
        guard state.withLock({ $0.marked != mark }) else { return }
        try keep(mark)
    }

    /// Under the lock: what was read before another generation began does not come after it.
    private func keep(_ mark: RelayMark) throws {
        let written = state.withLock { state -> Result<Void, FileError> in
            guard state.current == mark.generation else { return .success(()) }
            (state.marked, state.tried) = (nil, .now)
            do throws(FileError) {
                try NewFile.replace(Array("\(mark.generation) \(mark.writes)\n".utf8), at: file, mode: 0o600)
            } catch {
                return .failure(error)
            }
            state.marked = mark
            return .success(())
        }
        try written.get()
    }

    private static func read(_ file: URL) throws -> RelayMark? {
        guard access(file.path, F_OK) == 0 || errno != ENOENT else { return nil }
        let words = (try? NewFile.read(file, limit: fileBytes)).map {
            String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        }
        guard let words, words.count == 2, let generation = Generation(String(words[0])),
            let writes = UInt64(words[1])
        else {
            throw StartError(
                .dataUnusable, "cannot read \(file.path), which says how far the database had come",
                hint:
                    "the relay must own it; remove it only where the database was put back: its rooms are then forgotten"
            )
        }
        return RelayMark(generation: generation, writes: writes)
    }
}
