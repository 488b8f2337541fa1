import RelayAPI
import Synchronization

/// Memory that many hold for what is on its way, each at most their part, and all together at most so much [R19]. A reserve is kept
/// for what is small, and for those who go before strangers.
final class SharedBytes<Holder: Hashable & Sendable>: Sendable {
    private struct State {
        var used = 0
        var parts: [Holder: Int] = [:]
    }

    private let most: Int
    private let reserve: Int
    private let part: Int
    private let state = Mutex(State())

    /// What one share may have of the reserve, whoever holds it: statements, commands and the like fit.
    private static var small: Int { 64 << 10 }

    /// - Parameters:
    ///   - most: bytes, of all together.
    ///   - part: bytes of one holder.
    init(most: Int, part: Int) {
        self.most = most
        self.part = part
        reserve = most / 4
    }

    /// Bytes that one of them holds; given back with it.
    final class Share: Sendable {
        private let owner: SharedBytes
        private let holder: Holder
        private let goesFirst: Bool
        private let held = Mutex(0)

        fileprivate init(_ owner: SharedBytes, _ holder: Holder, goesFirst: Bool) {
            (self.owner, self.holder, self.goesFirst) = (owner, holder, goesFirst)
        }

        /// - Throws: `rateLimited` where the holder has its part, `unavailable` where there is no room for anybody.
        func take(_ bytes: Int) throws(Problem) {
            let refused: Problem? = held.withLock { held in
                let mayUseReserve = goesFirst || held + bytes <= SharedBytes.small
                if let problem = owner.take(bytes, for: holder, mayUseReserve: mayUseReserve) { return problem }
                held += bytes
                return nil
            }
            if let refused { throw refused }
        }

        /// What turned out not to be needed.
        func keepOnly(_ bytes: Int) {
            held.withLock { held in
                guard bytes < held else { return }
                owner.giveBack(held - bytes, of: holder)
                held = bytes
            }
        }

        deinit { owner.giveBack(held.withLock { $0 }, of: holder) }
    }

    func share(of holder: Holder, goesFirst: Bool) -> Share { Share(self, holder, goesFirst: goesFirst) }

    private func take(_ bytes: Int, for holder: Holder, mayUseReserve: Bool) -> Problem? {
        state.withLock { state in
            let own = state.parts[holder, default: 0]
            guard own + bytes <= part else { return .tooMuchAtOnce }
            guard state.used + bytes <= (mayUseReserve ? most : most - reserve) else { return .overloaded }
            state.used += bytes
            state.parts[holder] = own + bytes
            return nil
        }
    }

    private func giveBack(_ bytes: Int, of holder: Holder) {
        guard bytes > 0 else { return }
        state.withLock { state in
            state.used -= bytes
            let rest = state.parts[holder, default: 0] - bytes
            state.parts[holder] = rest > 0 ? rest : nil
        }
    }

    /// All that is held just now.
    var used: Int { state.withLock { $0.used } }
}
