import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Client

/// [R4] Which commits count, by the log's order alone.
@Suite struct CommitOrderTests {
    private static let names = ["a", "b", "c", "d"]

    /// A random log as the model is told it, and what each reader makes of it in the model's words.
    private struct Run {
        private(set) var told: [String: Any] = [:]
        private(set) var texts: [String] = []
        private var events: [[String: Any]] = []
        private var orders: [CommitOrder]
        private var commits: [(seq: UInt64, author: Int)] = [(0, -1)]
        private var seq: UInt64 = 0
        private var minutes: UInt64 = 0
        private let authors: [Author]
        private var noise: SplitMix64

        init(seed: UInt64, length: Int) {
            noise = SplitMix64(seed: seed)
            authors = CommitOrderTests.names.map { Author(device: .random(), member: MemberID($0)) }
            orders = CommitOrderTests.names.map { _ in CommitOrder(settled: 0) }
            while texts.count < length { step() }
            told = ["members": CommitOrderTests.names, "events": events]
        }

        private mutating func step() {
            let author = noise.below(names.count)
            switch noise.below(10) {
            case 0...1:
                let passed = 1 + noise.below(2)
                minutes += UInt64(passed)
                events.append(["pass": passed])
                note()
                return
            case 2...4: commit(by: author)
            case 5...7:
                let commit = noise.chance(70) ? commits[commits.count - 1].seq : noise.one(of: commits).seq
                events.append(["kind": "fault", "author": names[author], "fault": Int(commit)])
                for reader in names.indices { orders[reader].fault(commit, by: authors[author], at: now) }
            case 8 where noise.chance(30): events.append(["kind": "says", "author": names[author]])
            default:
                let parent = self.parent(for: author)
                events.append(["kind": "write", "author": names[author], "parent": Int(parent)])
                for reader in names.indices { orders[reader].write(in: parent, by: authors[author]) }
            }
            seq += 1
            note()
        }

        private var names: [String] { CommitOrderTests.names }
        private var now: Timestamp { Timestamp(milliseconds: minutes * 60_000) }

        private mutating func parent(for author: Int) -> UInt64 {
            noise.chance(70) ? orders[author].tip : noise.one(of: commits).seq
        }

        private mutating func commit(by author: Int) {
            let parent = parent(for: author)
            let bad = names.indices.filter { $0 != author && noise.chance(25) }
            let isJunk = noise.chance(10)
            events.append([
                "kind": "commit", "author": names[author], "parent": Int(parent), "bad": bad.map { names[$0] },
                "junk": isJunk,
            ])
            commits.append((seq + 1, author))
            guard !isJunk else { return }
            for reader in names.indices {
                let place = orders[reader].place(ofCommitIn: parent, by: authors[author], at: now)
                orders[reader].take(
                    seq + 1, digest: [], by: authors[author], at: place, isUsable: !bad.contains(reader))
            }
        }

        private mutating func note() {
            let words = zip(names, orders).map { name, order in
                let place = order.lost != nil ? "lost" : order.waiting != nil ? "waits" : "in"
                return "\(name):\(place):\(order.tip):\(order.settled)"
            }
            texts.append((["taken"] + words).joined(separator: " "))
        }
    }

    @Test(
        "[R4] Random logs: each reader is where the reference model has it, after each entry",
        .enabled(if: ReferenceModel.folder != nil, "TOCSIN_MODELS does not name the folder of the reference models"))
    func randomLogs() async throws {
        let folder = try #require(ReferenceModel.folder)
        let runs = (0..<600).map { Run(seed: UInt64($0), length: 50) }
        let answers = try await ReaderModel.replay(runs.map(\.told), in: folder)
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
        // The runs are worth something: readers wait, lose their place, and come through.
        let texts = runs.flatMap(\.texts)
        for place in [":waits:", ":lost:", ":in:"] { #expect(texts.count { $0.contains(place) } > 1_000, "\(place)") }
    }

    // MARK: By hand

    private let ada = Author(device: .random(), member: MemberID("ada"))
    private let bo = Author(device: .random(), member: MemberID("bo"))
    private let mara = Author(device: .random(), member: MemberID("mara"))

    private func at(_ seconds: UInt64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + seconds * 1_000) }

    /// Entry 5 is a commit of mara's after the one of entry 1; bo, whose reading this is, cannot use it.
    private func waiting() -> CommitOrder {
        var order = CommitOrder(settled: 1)
        order.take(5, digest: [5], by: mara, at: .next, isUsable: false)
        return order
    }

    @Test("[R4] A faulted commit is skipped a minute after its first fault, and no moment sooner")
    func minute() {
        var order = waiting()
        #expect(order.place(ofCommitIn: 1, by: bo, at: at(90)) == .none)
        let faults = [(ada, 0), (bo, 30), (bo, 31), (mara, 31)] as [(Author, UInt64)]
        let count = faults.map { author, seconds in order.fault(5, by: author, at: at(seconds)) }
        #expect(count == [true, true, false, false])
        #expect(order.place(ofCommitIn: 1, by: bo, at: Timestamp(milliseconds: at(60).milliseconds - 1)) == .none)
        #expect(order.place(ofCommitIn: 1, by: bo, at: at(60)) == .replacing(0))
        order.take(9, digest: [9], by: bo, at: .replacing(0), isUsable: true)
        #expect(order.tip == 9 && order.settled == 1 && order.waiting == nil && order.lost == nil)
    }

    @Test("[R4] Who made a commit, or has not faulted it, skips it never; persons count, not devices")
    func persons() {
        var order = waiting()
        let second = Author(device: .random(), member: mara.member)
        let counts = order.fault(5, by: second, at: at(0))
        #expect(!counts)
        order.fault(5, by: bo, at: at(0))
        for author in [mara, second, ada] { #expect(order.place(ofCommitIn: 1, by: author, at: at(90)) == .none) }
        let own = order.write(in: 5, by: second)
        #expect(!own && order.waiting == 0)
        let others = order.write(in: 5, by: ada)
        #expect(others && order.lost == 5 && order.settled == 5)
        // Whom no list knows counts by the device.
        #expect(!Author(device: .random(), member: nil).isSamePerson(as: Author(device: .random(), member: nil)))
    }

    @Test("[R4] Once it stands nothing skips it, and a fault says nothing any more")
    func stands() {
        var order = CommitOrder(settled: 1)
        order.take(5, digest: [5], by: mara, at: .next, isUsable: true)
        order.fault(5, by: ada, at: at(0))
        #expect(order.isToBeConfirmed(by: bo) && !order.isToBeConfirmed(by: mara))
        order.write(in: 5, by: bo)
        #expect(order.parents.isEmpty && !order.isToBeConfirmed(by: bo))
        let late = order.fault(5, by: ada, at: at(1))
        #expect(!late)
        #expect(order.place(ofCommitIn: 1, by: ada, at: at(90)) == .none)
    }

    @Test("[R4] A flood of commits by one person leaves a bounded number of states to go back to")
    func flood() {
        var order = waiting()
        for seq in 6..<UInt64(5 + 3 * CommitOrder.mostUndecided) {
            order.take(seq, digest: [], by: mara, at: .next, isUsable: true)
            #expect(order.undecided.count <= CommitOrder.mostUndecided)
        }
        // The first was unusable, and stands by the flood.
        #expect(order.lost == 5)
    }
}
