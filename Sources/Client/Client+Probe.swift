import MLS
package import RelayAPI
package import Terms
import WireFormat

extension Client {
    /// A session token of this device, for measuring a relay without a client in between.
    package func sessionToken() async throws -> String { try await relay().currentToken() }

    /// How many application messages of a room's log this profile's keys open, with the help of a relay that hands out all
    /// it has: every Welcome, every entry, in order. For audits and tests; it changes nothing.
    ///
    /// Every state that it comes by on the way is kept and tried again, and no commit is obeyed that would throw it out: an
    /// attacker forgets nothing.
    /// - Parameters:
    ///   - welcomes: of the room, whomever they are for.
    ///   - entries: the room's log.
    package func probe(room: RoomID, welcomes: [[UInt8]], entries: [Entry]) throws -> Int {
        try vault.read { db in
            var groups: [Group] = []
            if let group = try db.record(room)?.group { groups.append(group) }
            if let pending = try db.pendingCommit(of: room) { groups.append(pending.next) }
            for welcome in welcomes {
                let joined = try? Group.join(
                    welcome: welcome, bundle: { try db.keyPackage($0) }, judge: AnythingGoes())
                if let joined { groups.append(joined) }
            }
            return Self.opened(entries, by: groups)
        }
    }

    /// How many of a log's application messages some state opens: those one starts with, or one that a commit leads to.
    static func opened(_ entries: [Entry], by start: [Group]) -> Int {
        var groups = start
        return entries.count { entry in
            switch entry.entryClass {
            case .message: return opens(entry.payload, with: &groups)
            case .commit:
                if let commit = try? CommitPayload(decoding: entry.payload).commit {
                    groups += groups.compactMap { after(commit, from: $0) }
                }
                return false
            case .statement, .release: return false
            }
        }
    }

    private static func opens(_ message: [UInt8], with groups: inout [Group]) -> Bool {
        for index in groups.indices {
            if case .application? = try? groups[index].process(message, judge: AnythingGoes()) { return true }
        }
        return false
    }

    /// The state after a commit; nil where it does not follow from `group`, or has this member removed.
    private static func after(_ commit: [UInt8], from group: Group) -> Group? {
        var next = group
        guard case .commit(_, removedSelf: false)? = try? next.process(commit, judge: AnythingGoes()) else {
            return nil
        }
        return next
    }
}

/// An attacker has no rules.
private struct AnythingGoes: Judge {
    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
    func judge(commit: CommitFacts) {}
}
