import CallList
import Escalation
import RelayAPI
import Terms

/// A device's signed word that it cannot use a Welcome [R14]: that is not delivery, and all in the room are told. The relay forgets the
/// Welcome, and no other. There are never more such words than Welcomes, so they need no budget of their own. Who says so of a good
/// one is not let in by it, and changes nothing for anybody else but that a step which reached nobody is waited for no longer.
extension RoomTransition {
    /// - Throws: `statementRefused`; then nothing is taken.
    mutating func fail(_ post: EntryPost, by device: Device, list: CallList) throws(Problem) -> Accepted {
        let failure = try Self.verifiedFailure(post, by: device)
        guard failure.room == room.room else { throw .statementRefused("it is about another room") }
        guard failure.device == device.id, failure.event == post.event else {
            throw .statementRefused("it is another's than who posts it, or another than its event says")
        }
        guard let failed = room.failed, failed.commit == failure.commit, failed.digest == [UInt8](failure.digest),
            var member = room.named[device.id]
        else { throw .statementRefused("no such Welcome waits for its device") }
        let entry = append(.welcomeFailed, payload: post.payload, poster: device.id)
        member.fail(failed.commit)
        room.named[device.id] = member
        change(.failed(failed.commit, for: device.id))
        change(.member(device.id, member))
        tell(.entry(room.room, entry, to: room.audience))
        unreach(device.id, list: list)
        return Accepted(entry)
    }

    private static func verifiedFailure(_ post: EntryPost, by device: Device) throws(Problem) -> WelcomeFailure {
        do {
            return try UnverifiedWelcomeFailure(decoding: post.payload).verify(by: device.mlsKey).failure
        } catch {
            throw .statementRefused("its form is wrong, or its signature does not verify")
        }
    }
}
