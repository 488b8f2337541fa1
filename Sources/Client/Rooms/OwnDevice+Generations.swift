import Foundation
import Incident
import RelayAPI
import Terms

/// A relay that went back in time has lost what came since, and has perhaps given it out twice [R22].
extension OwnDevice {
    /// Seconds after which it is kept anew how far a relay has come, where nothing of this device's own was sent to it.
    private static let keepingInterval: UInt64 = 60
    /// A relay that claims again and again to have begun anew has nobody paged for ever.
    private static let mostTimesSent = 4

    /// Compares how far a relay says that it has come with the farthest that it has said before.
    /// - Returns: whether it began anew because of what it was shown: what it said before counts no more.
    func compare(_ signed: SignedMark, from link: Link) async throws -> Bool {
        guard signed.isValid(by: link.endpoint.identity) else {
            throw ClientError(
                .relayMisbehaved, "what the relay says of its rooms is not signed by its identity key",
                hint: "tell an officer: the relay may have been taken over")
        }
        let (relay, mark) = (link.endpoint.id, signed.mark)
        guard let (last, kept) = try vault.read({ try $0.farthest(of: relay) }) else {
            try vault.write { try $0.keep(.heads(signed), of: relay, at: time) }
            return false
        }
        guard mark.generation == last.mark.generation else {
            try beganAnew(signed, relay)
            return false
        }
        guard mark.writes < last.mark.writes else {
            let isOld = kept > time || kept.adding(seconds: Self.keepingInterval) <= time
            if isOld, mark.writes > last.mark.writes {
                try vault.write { try $0.keep(.heads(signed), of: relay, at: time) }
            }
            return false
        }
        if try await link.prove(last) { return true }
        try raise(
            .relayWentBack, by: .relay(relay),
            "it says it has taken \(mark.writes) writes, and has signed for \(last.mark.writes); it does not begin anew"
        )
        return false
    }

    /// What the relay kept is not there any more. Pages of this device's that nobody is known to have are made again; nothing is
    /// destroyed here, whatever a relay says.
    private func beganAnew(_ signed: SignedMark, _ relay: String) throws {
        try vault.write { db in
            // Another process may have found out, and gone on in the new one.
            guard try db.farthest(of: relay)?.proof.mark.generation != signed.mark.generation else { return }
            var (rooms, pages) = (0, 0)
            for head in try db.heads(includingClosed: false, limit: nil)
            where head.summary.homeRelay == relay && head.summary.generation != signed.mark.generation {
                guard var record = try db.record(head.room), record.head.summary.isLost != true else { continue }
                rooms += 1
                record.head.summary.isLost = true
                record.head.healing = nil
                try db.update(record)
                guard head.summary.status == .open, var draft = try db.keptPage(head.room),
                    draft.timesSent ?? 1 < Self.mostTimesSent
                else { continue }
                pages += 1
                draft.claim = .random()
                draft.timesSent = (draft.timesSent ?? 1) + 1
                _ = try db.enqueue(.creation(draft, built: nil), event: .random(), room: .random())
                try db.forgetKeptPage(head.room)
            }
            try db.keep(.heads(signed), of: relay, at: time)
            try db.raise(
                AlarmSubject(.relayWentBack, by: .relay(relay)),
                "it began anew and has \(rooms) rooms no more that were open here; \(pages) pages are sent again",
                at: now())
        }
    }
}
