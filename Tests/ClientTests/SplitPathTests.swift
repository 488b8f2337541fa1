import CallList
import Foundation
import MLS
import SQLite
import Sodium
import Terms
import TestTeam
import Testing

@testable import Client

/// [R4] SplitPath: a member's commits are unusable for some, for all, or for one; the others read the log with real vaults.
@Suite struct SplitPathTests {
    /// Random deeds, then honest ones alone until nothing waits.
    private func run(_ seed: UInt64, _ team: RuleTeam, _ known: KnownCallList, check: (inout FaultyRoom) throws -> Void)
        throws -> FaultyRoom
    {
        var room = try FaultyRoom(team, known, seed: seed)
        for _ in 0..<30 {
            let before = room.told.count
            try step(&room)
            if room.told.count > before { try check(&room) }
        }
        for _ in 0..<40 {
            let before = room.told.count
            for reader in room.readers where try room.sendWaiting(reader) { break }
            if room.told.count == before {
                for reader in room.readers where try room.replace(reader) { break }
            }
            if room.told.count == before {
                guard try room.readers.contains(where: { try room.record($0).order.waiting != nil }) else { break }
                room.pass(minutes: 1)
            }
            try check(&room)
        }
        return room
    }

    private func step(_ room: inout FaultyRoom) throws {
        let reader = room.noise.one(of: room.readers)
        switch room.noise.below(12) {
        case 0...1: room.pass(minutes: 1)
        case 2...4: try room.spoiltCommit()
        case 5: try room.junk()
        case 6: try room.write()
        case 7: try room.falseFault()
        case 8...9: _ = try room.sendWaiting(reader)
        case 10:
            if try !room.replace(reader), try room.record(reader).order.waiting == nil { try room.commit(reader) }
        default: if try room.record(reader).order.waiting == nil { try room.say(reader) }
        }
    }

    /// Where the honest readers are, in the model's words.
    private func places(_ room: FaultyRoom) throws -> [String: String] {
        var places: [String: String] = [:]
        for reader in room.readers {
            let record = try room.record(reader)
            let place = record.head.lost ? "lost" : record.order.waiting != nil ? "waits" : "in"
            places[reader.name] =
                record.head.lost ? place : "\(place):\(record.order.tip - 1):\(record.order.settled - 1)"
        }
        return places
    }

    /// Those who are in have one epoch, and keep what they may have to go back to, and nothing else.
    private func checkStates(_ room: FaultyRoom, _ seed: UInt64) throws {
        var authenticators: [[UInt8]] = []
        for reader in room.readers {
            let record = try room.record(reader)
            let kept = try reader.vault.read { try $0.connection.number("SELECT count(*) FROM earlier_groups") }
            guard let group = record.group else {
                #expect(record.head.lost && kept == 0, "run \(seed)")
                continue
            }
            #expect(Int(kept ?? 0) <= record.order.parents.count, "run \(seed)")
            guard record.order.waiting == nil else { continue }
            #expect(record.head.epochCommit == record.order.tip && Int(kept ?? 0) == record.order.parents.count)
            authenticators.append(try group.epochAuthenticator().exposedCopy())
        }
        #expect(Set(authenticators).count <= 1, "run \(seed): honest devices are in different epochs")
    }

    @Test(
        "[R4] SplitPath: honest devices never take different commits of one epoch, and are where the reference model has them"
    )
    func splitPath() async throws {
        let team = try RuleTeam()
        let known = try team.list()
        var runs: [(told: [String: Any], texts: [[String: String]])] = []
        var waited = 0
        for seed in UInt64(0)..<30 {
            var texts: [[String: String]] = []
            let room = try run(seed, team, known) { room in
                while texts.count < room.told.count { texts.append(try places(room)) }
                try checkStates(room, seed)
            }
            // Nobody waits for ever, and whoever was in the room and honest is told of no honest one's lie.
            for reader in room.readers {
                #expect(try room.record(reader).order.waiting == nil, "run \(seed): \(reader.name) waits")
                let culprit = try team.device(room.culprit).id
                for alarm in try reader.vault.read({ try $0.alarms(closed: true) }) {
                    let isCulprits = alarm.subject.party == .device(culprit)
                    #expect(isCulprits || alarm.subject.cause == .faultedCommit, "run \(seed): \(alarm)")
                }
            }
            waited += texts.count { $0.values.contains { $0.hasPrefix("waits") } }
            runs.append((["members": FaultyRoom.names, "events": room.told], texts))
        }
        #expect(waited > 100)
        guard let folder = ReferenceModel.folder else { return }
        let answers = try await ReaderModel.replay(runs.map(\.told), in: folder)
        try #require(answers.count == runs.count)
        for (number, (run, answer)) in zip(runs, answers).enumerated() {
            for (event, (places, text)) in zip(run.texts, answer).enumerated() {
                var model: [String: String] = [:]
                for word in text.split(separator: " ").dropFirst() {
                    let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
                    model[parts[0]] = parts[1].hasPrefix("lost") ? "lost" : parts[1]
                }
                let expected = model.filter { places[$0.key] != nil }
                guard expected != places || !text.hasPrefix("taken") else { continue }
                let events = run.told["events"] as? [Any]
                Issue.record("run \(number), event \(event): \(events?[event] ?? "")\nhere:  \(places)\nmodel: \(text)")
                break
            }
        }
    }
}
