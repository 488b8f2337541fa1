package import Client
import MLS
package import RelayAPI
package import Terms
import WireFormat

/// Who has a device's profile and what unlocks it, and plays with the help of a relay that hands out all it has. Every state
/// that it comes by on the way is kept and tried again, and no commit is obeyed that would throw it out: an attacker forgets
/// nothing.
package struct Attacker {
    private let client: Client

    package init(_ client: Client) { self.client = client }

    /// How many application messages of a room's log it opens. Changes nothing.
    /// - Parameters:
    ///   - welcomes: of the room, whomever they are for.
    ///   - entries: the room's log.
    package func readable(room: RoomID, welcomes: [[UInt8]], entries: [Entry]) throws -> Int {
        try client.withSecrets(of: room) { states, keyPackage in
            let joined = welcomes.compactMap {
                try? Group.join(welcome: $0, bundle: keyPackage, judge: AnythingGoes())
            }
            return Self.opened(entries, by: states + joined)
        }
    }

    /// How many of a log's application messages some state opens: those one starts with, or one that a commit leads to.
    private static func opened(_ entries: [Entry], by start: [Group]) -> Int {
        var groups = start
        return entries.count { entry in
            switch entry.entryClass {
            case .message: return opens(entry.payload, with: &groups)
            case .commit:
                if let commit = try? CommitPayload(decoding: entry.payload).commit {
                    groups += groups.compactMap { after(commit, from: $0) }
                }
                return false
            case .statement, .timer, .fault, .leadStatement, .welcomeFailed: return false
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
