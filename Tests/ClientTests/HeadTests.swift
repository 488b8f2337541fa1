import Foundation
import Incident
import SQLite
import Synchronization
import Terms
import Testing

@testable import Client

/// A room's head is what a fold of its log would say, and nothing asks all rooms to answer about one.
@Suite struct HeadTests {
    @Test("A head says what a fold over the room's log says, after everything that can happen to it")
    func fold() async throws {
        try await World.with { world in
            let (ada, bo, siem) = (try world.client("ada"), try world.client("bo"), try world.client("siem"))
            let page = try required(try await siem.alert(.test("Disk on fire", key: "disk")).posted).room
            let incident = try await ada.openIncident(title: "A", from: nil, tlp: .amber, members: [member("bo")]).room
            func check() async throws {
                for client in [ada, bo, siem] {
                    try await client.sync()
                    for summary in try client.rooms() { try expect(summary, of: client) }
                }
            }
            try await check()
            _ = try await siem.alert(.test("Disk on fire", key: "disk"))
            _ = try await bo.send("one", tlp: nil, to: incident)
            try await check()
            #expect(try ada.rooms().map(\.unread) == [1, 2])
            #expect(try await ada.acknowledge(page).isAccepted)
            try await check()
            try ada.markRead(page, through: 4)
            #expect(try ada.rooms().first { $0.id == page }?.unread == 0)
            #expect(try await ada.unacknowledge(page).isAccepted)
            _ = try await bo.resolve(page, note: "over")
            try await check()
            try await world.passHour()
            try await check()
            #expect(try ada.rooms().first { $0.id == page }?.unread == 4)
            #expect(try ada.rooms(includingClosed: false).map(\.id) == [incident])
            #expect(try ada.rooms(limit: 1).map(\.id) == [incident])
        }
    }

    /// What the room's whole log comes to.
    private func expect(_ summary: RoomSummary, of client: Client) throws {
        let detail = try client.detail(summary.id)
        let unread = detail.facts.count { $0.seq > detail.readThrough && !$0.isOwn && $0.fact.isNews }
        #expect(summary.unread == unread)
        #expect(summary.lastActivity == detail.facts.last?.time)
        #expect(summary.closed == detail.closed)
        if let page = detail.page {
            #expect(summary.title == page.notice?.title && summary.severity == page.notice?.severity)
            #expect(summary.status == page.status && summary.opened == page.raised)
            #expect(summary.from == client.displayName(of: page.author))
        }
        if let incident = detail.incident {
            #expect(summary.title == incident.opening?.title ?? "(joined later)" && summary.opened == incident.opened)
        }
    }

    @Test("What is said next about a page is taken in without a look at what was said before")
    func pageGrows() async throws {
        try await World.with { world in
            let (ada, bo, siem) = (try world.client("ada"), try world.client("bo"), try world.client("siem"))
            let page = try required(try await siem.alert(.test(key: "disk")).posted).room
            try await bo.sync()
            try bo.vault.write { db in
                try db.connection.run("UPDATE log SET sealed_fact = x'00' WHERE sealed_fact IS NOT NULL")
            }
            try await ada.sync()
            #expect(try await ada.acknowledge(page).isAccepted)
            try await bo.sync()
            #expect(try bo.rooms().map(\.status) == [.acknowledged])
            #expect(try await ada.unacknowledge(page).isAccepted)
            try await bo.sync()
            #expect(try bo.rooms().map(\.status) == [.open])
            #expect(try await code { _ = try bo.detail(page) } == .vaultDamaged)
        }
    }

    @Test("Every statement finds its rows by an index: no command reads all rooms to answer")
    func plans() async throws {
        try await World.with { world in
            let seen = Mutex<Set<String>>([])
            let ada = try world.reopen("ada", onStatement: { sql in seen.withLock { _ = $0.insert(sql) } })
            let (bo, siem) = (try world.client("bo"), try world.client("siem"))
            let sensor = try world.reopen("siem", onStatement: { sql in seen.withLock { _ = $0.insert(sql) } })
            let page = try required(try await sensor.alert(.test(key: "disk")).posted).room
            _ = try await sensor.alert(.test(key: "disk"))
            try await ada.sync()
            _ = try ada.rooms(includingClosed: false, limit: 20)
            _ = try ada.room(matching: String(page.description.prefix(4)))
            let room = try await ada.openIncident(title: "A", from: page, tlp: .amber, members: [member("bo")]).room
            try await bo.sync()
            _ = try await bo.send("one", tlp: nil, to: room)
            _ = try await ada.send("two", tlp: nil, to: room)
            _ = try await ada.acknowledge(page)
            _ = try await ada.removeMembers([member("bo")], from: room)
            _ = try ada.detail(room)
            try ada.markRead(room, through: 3)
            _ = try await ada.status()
            _ = try await sensor.resolveAlert(deduplicationKey: "disk", note: "over")
            try await ada.sync()
            let statements = seen.withLock { $0 }.filter { sql in
                ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) } && !sql.contains("grdb_")
            }
            #expect(statements.count > 30)
            for sql in statements {
                let arguments = [(any Bindable)?](repeating: nil, count: sql.count { $0 == "?" })
                let plan = try siem.vault.read { try $0.connection.rows("EXPLAIN QUERY PLAN " + sql, arguments) }
                for step in try plan.map({ try $0.text("detail") }) where step.hasPrefix("SCAN") {
                    // Tables of what waits, or of a fixed number of rows.
                    let isSmall = ["outbox", "pending_commits", "key_packages", "header"].contains {
                        step.contains($0)
                    }
                    #expect(isSmall || sql.contains("LIMIT"), "\(sql): \(step)")
                }
            }
        }
    }

    @Test("A room is named by the first digits of its id, as long as they name one")
    func prefix() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let first = try room([0xab, 0xcd, 0x10])
            try ada.vault.write { db in
                for id in [first, try room([0xab, 0xcd, 0x1f]), try room([0xff, 0xff, 0xff])] {
                    try db.insert(
                        RoomRecord(
                            head: RoomHead(
                                room: id, kind: .page, since: Timestamp(milliseconds: 0), deduplication: nil, cursor: 0,
                                readCursor: 0, epochCommit: 1, relayChain: [])))
                }
            }
            #expect(try ada.room(matching: "abcd10") == first)
            #expect(try ada.room(matching: first.description) == first)
            #expect(try ada.room(matching: "fffff") == room([0xff, 0xff, 0xff]))
            for (text, expected) in [
                ("abcd1", ClientError.Code.ambiguousRoom), ("abc", .unknownRoom), ("", .unknownRoom),
                ("abce", .unknownRoom),
                ("zzzz", .unknownRoom), (first.description + "00", .unknownRoom),
            ] {
                #expect(try await code { _ = try ada.room(matching: text) } == expected, "\(text)")
            }
        }
    }

    @Test("[R12] A page that ends takes the pending commit's secrets along, at once")
    func pendingEnds() async throws {
        try await World.with { world in
            let (ada, bo, siem) = (try world.client("ada"), try world.client("bo"), try world.client("siem"))
            let page = try required(try await siem.alert(.test(key: "disk")).posted).room
            try await ada.sync()
            try await bo.sync()
            // A commit that was made and never reached the relay.
            try ada.vault.write { db in
                let group = try required(try db.record(page)?.group)
                try db.store(PendingPost(event: .random(), payloadHash: [1], post: [2], next: group), room: page)
            }
            #expect(try await bo.resolve(page, note: "").isAccepted)
            try await world.passHour()
            try await ada.pull(page)
            #expect(try ada.head(of: page)?.closed == true)
            #expect(try ada.vault.read { try $0.roomsWithPendingCommit() } == [])
        }
    }
}

/// A room's id of so many first bytes, and zeros after them.
private func room(_ prefix: [UInt8]) throws -> RoomID {
    try required(RoomID(prefix + [UInt8](repeating: 0, count: RoomID.length - prefix.count)))
}
