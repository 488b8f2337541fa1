import CallList
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// [R3] [R4] Random headers, lists, terms and faults against the reference model: what the relay takes, who is in the room then, who leads
/// and what it is pinned to, after each post.
@Suite struct CommitModelTests {
    @Test(
        "[R1] [R3] [R4] [R6] [R8] OneVerdict: the relay takes a header exactly if the reference model does",
        .enabled(if: ReferenceModel.folder != nil, "TOCSIN_MODELS does not name the folder of the reference models"))
    func randomRuns() async throws {
        let folder = try #require(ReferenceModel.folder)
        let world = try World()
        let runs = try (0..<400).map { try RandomCommits(seed: UInt64($0), length: 60, world: world) }
        let answers = try await CommitModel.replay(runs.map(\.told), in: folder)
        try #require(answers.count == runs.count)
        for (index, (run, answer)) in zip(runs, answers).enumerated() where run.texts != answer {
            let event = zip(run.texts, answer).enumerated().first { $1.0 != $1.1 }
            Issue.record(
                """
                run \(index), event \(event?.offset ?? -1): \((run.told["events"] as? [Any])?[event?.offset ?? 0] ?? "")
                here:  \(event?.element.0 ?? "")
                model: \(event?.element.1 ?? "")
                """)
        }
        // The runs are worth something: commits are taken and refused, and some come to stand.
        let texts = runs.flatMap(\.texts)
        #expect(texts.count { $0.hasPrefix("refused") } > 1_000)
        let told = runs.flatMap { $0.told["events"] as? [[String: Any]] ?? [] }
        #expect(told.count { $0["kind"] as? String == "fault" } > 300)
        let returns = zip(told, texts).filter { event, text in
            let adds = event["adds"] as? [String] ?? []
            return text.hasPrefix("taken") && !adds.isEmpty && adds == event["removes"] as? [String]
        }
        #expect(returns.count > 10)
        let takeovers = zip(told, texts).filter { event, _ in event["takes"] as? Bool == true }
        let (taken, refused) = (
            takeovers.count { $1.hasPrefix("taken") }, takeovers.count { $1.hasPrefix("refused") }
        )
        #expect(taken > 60 && refused > 100, "\(taken) taken, \(refused) refused")
        #expect(runs.count { run in run.texts.last.map { !$0.contains("|0|") } ?? false } > 200)
    }

    @Test("[R3] a storage engine finds again what the rules left, post by post", arguments: Engine.allCases)
    func storedRuns(_ engine: Engine) async throws {
        let world = try World()
        for seed in 0..<12 {
            let run = try RandomCommits(seed: UInt64(seed), length: 60, world: world)
            let relay = try await StoreFixture(engine)
            let (store, room) = (relay.store, run.creation.room)
            _ = try await store.create(
                run.creation, by: world.people[0].device, lists: CallListsAtHand(newest: run.lists[0]),
                limits: RandomCommits.limits, at: .after(seconds: 0))
            var minutes: UInt64 = 0
            for (event, text) in zip(run.events, run.texts) {
                guard case .post(let post, let author) = event else {
                    if case .pass(let passed) = event { minutes += passed }
                    continue
                }
                guard run.isLetIn(author, at: minutes) else { continue }
                let taken = try? await store.post(
                    post, to: room, by: world.people[author].device, lists: run.lists(for: post),
                    limits: RandomCommits.limits, at: .after(seconds: minutes * 60))
                #expect((taken != nil) == text.hasPrefix("taken"), "run \(seed)")
            }
        }
    }
}
