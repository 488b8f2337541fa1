import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// A relay that went back in time has lost what came since, and has perhaps given it out twice [R22].
extension OwnDevice {
    /// Seconds after which it is kept anew how far a relay has come, where nothing of this device's own was sent to it.
    private static let keepingInterval: UInt64 = 3_600
    /// A relay that claims again and again to have begun anew has nobody paged for ever.
    private static let mostTimesSent = 4

    /// Compares how far a relay says that it has come with the farthest that it has said before.
    /// - Returns: the heads to go on with: what it has now, where it began anew.
    func compared(_ heads: Heads, from link: Link) async throws -> Heads {
        let relay = link.endpoint.id
        try check(heads.mark, of: link)
        guard let (last, kept) = try vault.read({ try $0.farthest(of: relay) }) else {
            try vault.write { try $0.keep(.heads(heads.mark), of: relay, at: time) }
            return heads
        }
        if heads.mark.mark.reaches(last.mark) {
            let isOld = kept > time || kept.adding(seconds: Self.keepingInterval) <= time
            if isOld, heads.mark.mark != last.mark {
                try vault.write { try $0.keep(.heads(heads.mark), of: relay, at: time) }
            }
            try makeAgainWhatIsLost(at: relay, since: last.mark.generation)
            return heads
        }
        // They may be older than what another process has heard meanwhile: only what is asked for now counts.
        var fresh = try await freshHeads(from: link)
        if fresh.mark.mark.reaches(last.mark) { return fresh }
        if try await link.prove(last) {
            fresh = try await freshHeads(from: link)
            if fresh.mark.mark.generation == last.mark.generation {
                try raise(.relayWentBack, by: .relay(relay), "it says that it began anew, and did not")
            }
        } else if fresh.mark.mark.generation == last.mark.generation {
            try raise(
                .relayWentBack, by: .relay(relay),
                "it says it has taken \(fresh.mark.mark.writes) writes, and has signed for \(last.mark.writes); "
                    + "it does not begin anew")
        }
        if fresh.mark.mark.generation != last.mark.generation { try beganAnew(fresh.mark, relay) }
        return fresh
    }

    private func freshHeads(from link: Link) async throws -> Heads {
        let heads = try await link.heads()
        try check(heads.mark, of: link)
        return heads
    }

    private func check(_ signed: SignedMark, of link: Link) throws(ClientError) {
        guard signed.isValid(by: link.endpoint.identity) else {
            throw ClientError(
                .relayMisbehaved, "what the relay says of its rooms is not signed by its identity key",
                hint: "tell an officer: the relay may have been taken over")
        }
    }

    /// What the relay kept is not there any more. Nothing is destroyed here, whatever a relay says: a room that it tells of after
    /// all goes on.
    private func beganAnew(_ signed: SignedMark, _ relay: String) throws {
        try vault.write { db in
            // Another process may have found out, and gone on in the new one.
            guard try db.farthest(of: relay)?.proof.mark.generation != signed.mark.generation else { return }
            var (rooms, led) = (0, [RoomID]())
            for head in try db.heads(includingClosed: false, limit: nil)
            where head.summary.homeRelay == relay && head.summary.generation != signed.mark.generation
                && !head.isForgotten
            {
                rooms += 1
                let policy = try db.record(head.room)?.group.map { try RoomPolicy(in: $0.context.extensions) }
                if policy?.leads.contains(id) == true { led.append(head.room) }
                try db.setForgotten(true, head.room)
            }
            let pages = try makeAgain(db.keptPages(of: relay, notOf: signed.mark.generation), in: db)
            try db.keep(.heads(signed), of: relay, at: time)
            let reopen = led.map { "tocsin room reopen \($0.short)" }.joined(separator: ", ")
            try db.raise(
                AlarmSubject(.relayWentBack, by: .relay(relay)),
                "it began anew and has \(rooms) rooms no more that were open here; \(pages) pages are sent again"
                    + (led.isEmpty ? "" : "; what this device leads goes on with: \(reopen)"), at: now())
        }
    }

    /// Pages that another process had accepted just before the relay began anew.
    private func makeAgainWhatIsLost(at relay: String, since generation: Generation) throws {
        guard try vault.read({ try !$0.keptPages(of: relay, notOf: generation).isEmpty }) else { return }
        try vault.write { db in
            let lost = try db.keptPages(of: relay, notOf: generation)
            for page in lost { try db.setForgotten(true, page) }
            _ = try makeAgain(lost, in: db)
        }
    }

    /// Pages of this device's that nobody is known to have.
    /// - Returns: how many.
    private func makeAgain(_ pages: [RoomID], in db: VaultTransaction) throws -> Int {
        var made = 0
        for page in pages {
            let kept = try db.keptPage(page)
            try db.forgetKeptPage(page)
            guard var draft = kept, draft.timesSent ?? 1 < Self.mostTimesSent,
                try db.head(page)?.summary.status == .open
            else { continue }
            made += 1
            draft.claim = .random()
            draft.timesSent = (draft.timesSent ?? 1) + 1
            _ = try db.enqueue(.creation(draft, built: nil), event: .random(), room: .random())
        }
        return made
    }
}

extension RelayMark {
    /// Whether it is not behind another of the same generation.
    fileprivate func reaches(_ other: RelayMark) -> Bool { generation == other.generation && writes >= other.writes }
}
