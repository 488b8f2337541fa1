import CallList
import Escalation
import RelayAPI
import Terms

/// A device's signed word that it cannot use a commit [R4]. The relay, which cannot use any, keeps the log's order, by which
/// readers decide: to it a fault is no writing, and changes nobody's place. That a leading device has said so lets others give it
/// its place back [R8].
extension RoomTransition {
    /// - Throws: `statementRefused`, `rateLimited`; then nothing is taken.
    mutating func fault(_ post: EntryPost, by device: Device, limits: RelayLimits) throws(Problem) -> Accepted {
        let fault = try Self.verified(post, by: device)
        guard fault.room == room.room else { throw .statementRefused("it is about another room") }
        guard fault.device == device.id, fault.event == post.event else {
            throw .statementRefused("it is another's than who posts it, or another than its event says")
        }
        guard let commit = room.faulted, commit.seq == fault.commit, commit.digest == [UInt8](fault.digest) else {
            throw .statementRefused("it names no commit of this room")
        }
        guard commit.author != device.id else { throw .statementRefused("its author made the commit") }
        guard !commit.isFaulted else { throw .statementRefused("it was counted before") }
        guard var member = room.named[device.id], member.joined < commit.seq else {
            throw .statementRefused("the commit is older than its author's place in the room")
        }
        if let seconds = member.faultBudget.take(at: now.passed.most, limits.commitRate) {
            throw .tooManyFaults(seconds)
        }
        room.named[device.id] = member
        room.faulters.insert(device.id)
        let entry = append(.fault, payload: post.payload, poster: device.id)
        change(.member(device.id, member))
        change(.fault(commit.seq, by: device.id))
        tell(.entry(room.room, entry, to: room.audience))
        return Accepted(entry)
    }

    private static func verified(_ post: EntryPost, by device: Device) throws(Problem) -> CommitFault {
        do {
            return try UnverifiedCommitFault(decoding: post.payload).verify(by: device.mlsKey).fault
        } catch {
            throw .statementRefused("its form is wrong, or its signature does not verify")
        }
    }
}
