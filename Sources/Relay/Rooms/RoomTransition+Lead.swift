import CallList
import Escalation
import RelayAPI
import Terms

/// Who leads an incident room, where no lead is left [R6]: what devices say of it, and when they wrote.
extension RoomTransition {
    /// A device's signed word. The relay does not judge whether it is true: it counts where a commit carries it.
    /// - Throws: `statementRefused`, `rateLimited`; then nothing is taken.
    mutating func leadStatement(
        _ post: EntryPost, by device: Device, limits: RelayLimits
    ) throws(Problem) -> Accepted {
        guard room.kind == .incident else { throw .statementRefused("nobody leads a page") }
        guard device.kind == .person else { throw .statementRefused("a sensor has no say about who leads") }
        let said = try Self.verified(leadStatement: post, by: device)
        guard said.room == room.room else { throw .statementRefused("it is about another room") }
        guard said.device == device.id, said.event == post.event else {
            throw .statementRefused("it is another's than who posts it, or another than its event says")
        }
        guard said.counts(at: now.time) else {
            throw .statementRefused("it was made more than 12 hours ago, or minutes from now")
        }
        guard var member = room.named[device.id] else { throw .notMember }
        if let seconds = member.faultBudget.take(at: now.passed.most, limits.commitRate) {
            throw .tooManyFaults(seconds)
        }
        room.named[device.id] = member
        let entry = append(.leadStatement, payload: post.payload, poster: device.id)
        change(.member(device.id, member))
        tell(.entry(room.room, entry, to: room.audience))
        return Accepted(entry)
    }

    private static func verified(leadStatement post: EntryPost, by device: Device) throws(Problem) -> LeadStatement {
        do {
            return try UnverifiedLeadStatement(decoding: post.payload).verify(by: device.mlsKey).statement
        } catch {
            throw .statementRefused("its form is wrong, or its signature does not verify")
        }
    }

    /// Notes that a device is there: it wrote a message or a commit. Statements and faults are no writing.
    mutating func wrote(_ entry: Entry) {
        guard room.kind == .incident else { return }
        room.written[entry.poster] = entry.time
        change(.wrote(entry.poster, at: entry.time))
    }
}
