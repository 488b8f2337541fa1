import TestTeam
import Testing

@testable import Escalation

/// The reference model of a page is the oracle: random plans, statements, restarts and steps of clocks, compared after
/// each event, with all that the timers write. Needs Python and the folder that `TOCSIN_MODELS` names.
@Suite(.enabled(if: ReferenceModel.folder != nil, "TOCSIN_MODELS does not name the folder of the reference models"))
struct ModelTests {
    static let runs = 1500
    static let length = 60

    @Test("[R11] [R12] [R13] [R18] the state after each event of random runs is the reference model's")
    func randomRuns() async throws {
        let folder = try #require(ReferenceModel.folder)
        let runs = (0..<Self.runs).map { ModelRun(seed: UInt64($0), length: Self.length) }
        let answers = try await Model.replay(runs.map(\.told), in: folder)
        try #require(answers.count == runs.count)
        for (index, (run, answer)) in zip(runs, answers).enumerated() where run.texts != answer {
            let event = zip(run.texts, answer).enumerated().first { $1.0 != $1.1 }
            Issue.record(
                """
                run \(index), event \(event?.offset ?? -1) of \(run.texts.count), model of \(answer.count)
                here:  \(event?.element.0 ?? "")
                model: \(event?.element.1 ?? "")
                """)
        }
        // The runs are worth something: they come to every kind of end, and the timers write everything they can.
        let words = runs.flatMap(\.texts)
        for word in [
            "ended: resolved", "ended: sensor", "ended: horizon", "ended: unseen", "again", "alone", "void", "gone",
            "rang", "skipped", "was counted before", "voids nothing", "there is nothing to reopen",
            "names another room",
        ] {
            #expect(words.lazy.filter { $0.contains(word) }.prefix(20).count == 20, "\(word)")
        }
    }
}
