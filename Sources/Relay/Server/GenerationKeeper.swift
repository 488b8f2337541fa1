import Foundation
import Platform
import RelayAPI
import Synchronization
import Terms

/// The generation of the relay's database, and beside it in the data directory a marker of how far the database had come: one
/// that is behind its marker was put back, and begins another [R22].
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

    /// Whether, and why, another generation had to begin.
    enum Beginning: Sendable, Hashable { case goesOn, isNew, wentBack }

    private init(file: URL, mark: RelayMark) {
        self.file = file
        state = Mutex(State(current: mark.generation))
    }

    /// - Parameter isNew: the database was just made.
    static func open(
        in directory: URL, store: any RelayStore, isNew: Bool
    ) async throws -> (keeper: GenerationKeeper, beginning: Beginning) {
        let file = directory.appendingPathComponent(name)
        let mark = try await store.mark()
        let keeper = GenerationKeeper(file: file, mark: mark)
        let marker = read(file)
        if isNew, marker == nil {
            try keeper.keep(mark)
            return (keeper, .isNew)
        }
        guard marker?.generation == mark.generation, marker.map({ $0.writes <= mark.writes }) ?? false else {
            try await keeper.begin(after: mark.generation, in: store)
            return (keeper, .wentBack)
        }
        try keeper.keep(mark)
        return (keeper, .goesOn)
    }

    var current: Generation { state.withLock { $0.current } }

    func begin(after last: Generation, in store: any RelayStore) async throws {
        try await store.begin(after: last)
        try keep(try await store.mark())
    }

    /// Keeps now and then how far the database has come. Where it is the same there is nothing to write.
    func keepUp(with store: any RelayStore) async throws {
        guard state.withLock({ ContinuousClock.now - $0.tried >= Self.interval }) else { return }
        let mark = try await store.mark()
        guard state.withLock({ $0.marked != mark }) else { return }
        try keep(mark)
    }

    private func keep(_ mark: RelayMark) throws {
        state.withLock { $0 = State(current: mark.generation) }
        try NewFile.replace(Array("\(mark.generation) \(mark.writes)\n".utf8), at: file, mode: 0o600)
        state.withLock { $0.marked = mark }
    }

    private static func read(_ file: URL) -> RelayMark? {
        guard let bytes = try? NewFile.read(file, limit: fileBytes) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let generation = Generation(String(words[0])), let writes = UInt64(words[1]) else {
            return nil
        }
        return RelayMark(generation: generation, writes: writes)
    }
}
