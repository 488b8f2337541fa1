import Escalation
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam
import WireFormat

@testable import Client

/// Shows one reader what a hostile relay makes up: entries behind what the reader knows, in a chain that holds together.
struct HostileLog {
    let world: World
    let room: RoomID
    let reader: Client
    /// What it says has passed since the page was made.
    private let readings: Readings

    init(_ world: World, _ room: RoomID, _ reader: Client, seconds: UInt64 = 1) {
        self.world = world
        self.room = room
        self.reader = reader
        readings = Readings(most: Elapsed(seconds: seconds), least: Elapsed(seconds: seconds))
    }

    func inject(statement envelope: [UInt8], by poster: DeviceID) async throws {
        try await inject(.statement, StampedStatement(readings: readings, envelope: envelope).encoded, by: poster)
    }

    func inject(timer entry: TimerEntry, by identity: Ed25519.PrivateKey) async throws {
        let seq = try required(reader.record(of: room)).head.cursor + 1
        let signed = SignedTimerEntry(entry, at: readings, room: room, seq: seq, by: identity)
        try await inject(.timer, signed.encoded, by: .relay)
    }

    func inject(welcomeFailed payload: [UInt8], by poster: DeviceID) async throws {
        try await inject(.welcomeFailed, payload, by: poster)
    }

    private func inject(_ entryClass: EntryClass, _ payload: [UInt8], by poster: DeviceID) async throws {
        let head = try required(reader.record(of: room)).head
        let (seq, time) = (head.cursor + 1, world.clock.now)
        let chain = LogChain.next(
            head.relayChain, seq: seq, time: time, poster: poster, entryClass: entryClass, payload: payload)
        _ = try await reader.take(
            Entry(seq: seq, time: time, poster: poster, entryClass: entryClass, payload: payload, chain: chain),
            into: room)
    }
}
