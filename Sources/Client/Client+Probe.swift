import GRDB
import MLS
package import RelayAPI
import WireFormat

extension Client {
    /// A session token of this device, for measuring a relay without a client in between.
    package func sessionToken() async throws -> String { try await relay().currentToken() }

    /// How many application messages of a room's log this profile's keys open, with the help of a relay that hands out all
    /// it has: every Welcome, every entry, in order. For audits and tests; it changes nothing.
    ///
    /// - Parameters:
    ///   - welcomes: of the room, whomever they are for.
    ///   - entries: the room's log.
    package func probe(room: RoomID, welcomes: [[UInt8]], entries: [Entry]) throws -> Int {
        try vault.read { db in
            var groups: [Group] = []
            if let group = try vault.record(room, in: db)?.group { groups.append(group) }
            for welcome in welcomes {
                let joined = try? Group.join(
                    welcome: welcome, bundle: { try vault.keyPackage($0, in: db) }, judge: AnythingGoes())
                if let joined { groups.append(joined) }
            }
            return groups.map { Self.opened(entries, by: $0) }.max() ?? 0
        }
    }

    private static func opened(_ entries: [Entry], by start: Group) -> Int {
        var group = start
        return entries.count { entry in
            switch entry.entryClass {
            case .message:
                guard case .application? = try? group.process(entry.payload, judge: AnythingGoes()) else {
                    return false
                }
                return true
            case .commit:
                if let commit = try? CommitPayload(decoding: entry.payload).commit {
                    _ = try? group.process(commit, judge: AnythingGoes())
                }
                return false
            case .statement, .release: return false
            }
        }
    }
}

/// An attacker has no rules.
private struct AnythingGoes: Judge {
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
    func judge(commit: CommitFacts) {}
}
