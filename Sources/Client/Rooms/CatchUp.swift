import CallList
import Foundation
import RelayAPI
import Terms

/// Taking in what relays have for this device: call lists first, then Welcomes, then the rooms' logs.
extension OwnDevice {
    /// How many cursors one request reports: the relay takes 256 KiB.
    private static let cursorsAtOnce = 1_000

    /// - Throws: `relayUnreachable`, `relayUnavailable`, `pinMismatch`, `revoked`, `notEnrolled`.
    func catchUp() async throws {
        try await relaying {
            try trust.refresh()
            let newest = try trust.newest().list
            guard newest.device(id) != nil else { throw Trust.revoked(newest.version) }
            let link = try links.forNewRooms()
            try await catchUp(with: try await heads(of: link), from: link)
        }
        links.noteReached()
    }

    /// A relay that is behind may not know this device yet: it gets the lists that it lacks.
    private func heads(of link: Link) async throws -> Heads {
        do {
            return try await link.heads()
        } catch let problem as Problem where problem.code == .deviceUnknown {
            guard let newest = lists.newest?.list.version else { throw problem }
            let version = try await link.info().callListVersion
            guard version < newest, (try? await trust.offer(after: version, to: link)) == true else { throw problem }
            return try await link.heads()
        }
    }

    /// As ``catchUp()``, with what a relay says it has.
    func catchUp(with heard: Heads, from link: Link) async throws {
        trust.clocks.heard(heard.time)
        let heads = try await compared(heard, from: link)
        try tellOfClocks(link.endpoint.id)
        try await trust.fetch(upTo: heads.callListVersion, from: link)
        let newest = try trust.newest().list
        if newest.version > heads.callListVersion {
            // Not wrong by itself: an officer may have handed the list over before publishing it.
            try await trust.offerQuietly(after: heads.callListVersion, to: link)
        }
        guard newest.device(id) != nil else { throw Trust.revoked(newest.version) }
        if heads.pendingWelcomes > 0 { try await join(atMost: heads.pendingWelcomes, from: link) }
        var cursors: [CursorUpdate.Item] = []
        // Looked up at once: most rooms have nothing new.
        let positions = try vault.read { db in try heads.rooms.map { try db.position(in: $0.room) } }
        for (head, position) in zip(heads.rooms, positions) {
            guard let known = position else { continue }
            let room = Room(head.room, of: self)
            // The relay has it after all.
            if known.isForgotten, head.head >= known.cursor {
                try vault.write { try $0.setForgotten(false, head.room) }
            }
            guard known.cursor < head.head || (head.closed && !known.closed) else {
                // Said again once it is over, so that the relay tells of it no more.
                if head.closed || head.ended { cursors.append(CursorUpdate.Item(room: head.room, seq: known.cursor)) }
                continue
            }
            do {
                guard try room.isKept(by: link) else {
                    try raise(
                        .foreignRoom, room: room.id, by: .relay(link.endpoint.id), "its log has \(head.head) entries")
                    continue
                }
                let reached = try await room.pull()
                if reached > known.cursor || head.closed || head.ended {
                    cursors.append(CursorUpdate.Item(room: head.room, seq: reached))
                }
            } catch let problem as Problem where problem.code == .notMember || problem.code == .roomUnknown {
                // Removed or deleted in between: the other rooms go on.
                continue
            } catch let error as ClientError where !error.isPassing && !error.stopsAll {
                try raise(.roomUnreadable, room: room.id, by: .relay(link.endpoint.id), error.reason)
            }
        }
        try await report(cursors, to: link)
        try wipePagesThatAreOver(byRelay: heads.time)
    }

    private func report(_ cursors: [CursorUpdate.Item], to link: Link) async throws {
        var rest = cursors[...]
        while !rest.isEmpty {
            try await link.update(CursorUpdate(cursors: Array(rest.prefix(Self.cursorsAtOnce))))
            rest = rest.dropFirst(Self.cursorsAtOnce)
        }
    }

    /// What else is to be done now and then: sends what waits, keeps relays supplied with key
    /// packages and deletes those that nobody can use any more.
    func keepHouse() async throws {
        // Pages of what was deleted: next epochs' states, founders' groups, key packages.
        defer { vault.truncateLog() }
        try await Outbox(own: self).flush()
        try await decide()
        try await supplyKeyPackages()
        try deleteOldKeyPackages()
    }
}
