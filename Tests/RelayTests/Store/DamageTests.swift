import CallList
import Foundation
import RelayAPI
import SQLite
import TestTeam
import Testing

@testable import Relay

/// What stands in a damaged database ends in an error, never in a trap. (Of SQLite's file format, so not for every engine.)
@Suite struct DamageTests {
    @Test(arguments: [
        "UPDATE rooms SET head = -1", "UPDATE rooms SET head_time = -5", "UPDATE rooms SET kind = 300",
        "UPDATE rooms SET chain = 'text'", "UPDATE rooms SET head = 'text'", "UPDATE rooms SET released_steps = 'x'",
        "UPDATE entries SET class = 77", "UPDATE entries SET class = -1", "UPDATE entries SET seq = -seq",
        "UPDATE entries SET poster = x'01'", "UPDATE entries SET time = 1.5e300",
        "UPDATE members SET joined = -1", "UPDATE members SET joined = 'x'", "UPDATE members SET removed = -2",
        "UPDATE welcomes SET seq = -1", "UPDATE welcomes SET chain = 5", "UPDATE pages SET plan = x'07'",
        "UPDATE pages SET state = x'07'",
        "UPDATE rooms SET next_due = -9223372036854775808", "UPDATE answers SET answer = x'0102'",
        "UPDATE answers SET request = 'x'",
    ]) func damagedRows(_ sql: String) async throws {
        let relay = try await StoreFixture(.sqlite)
        let room = try await relay.page((0..<2).map { .init(persons: [[relay.person($0)]]) })
        let post = Posts.message(2)
        try await relay.post(post, to: room, by: relay.person(0))
        let path = relay.directory.url.appendingPathComponent("relay.sqlite").path
        try Database(path: path).write { db in
            try db.run("PRAGMA ignore_check_constraints = ON")
            try db.run(sql)
        }
        for keys in [relay.person(0), relay.person(1), relay.sensor(0)] {
            _ = try? await relay.entries(room, for: keys)
            _ = try? await relay.store.heads(for: keys.id)
            _ = try? await relay.store.welcomes(for: keys.id)
            _ = try? await relay.post(post, to: room, by: keys)
            _ = try? await relay.post(Posts.commit(2, adds: [relay.person(4)]), to: room, by: keys)
            try? await relay.store.update(CursorUpdate(cursors: [.init(room: room, seq: 1)]), of: keys.device)
        }
        relay.clock.advance(seconds: 7_200)
        _ = try? await relay.store.fireDue(at: relay.moment, under: relay.list)
        _ = try? await relay.store.nextDue()
        _ = try? await relay.store.deleteOutdated(at: relay.moment)
    }
}
