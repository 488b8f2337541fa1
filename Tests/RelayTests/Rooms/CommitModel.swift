import CallList
import Foundation
import RelayAPI
import Terms
import TestTeam

@testable import Relay

/// The reference model of a room's commits, in Python: what its relay makes of whole runs.
enum CommitModel {
    private static let driver = """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        import commits as m
        for line in sys.stdin:
            run = json.loads(line)
            lists = tuple((v, tuple(sorted(ds.items()))) for v, ds in run["lists"])
            room = m.Room(tuple(run["members"]), tuple(run["leads"]), lists, m.AMENDED)
            log, time, texts = (), 0, []
            for j in run["events"]:
                why = None
                if "pass" in j:
                    time += j["pass"]
                else:
                    j = {k: tuple(v) if isinstance(v, list) else v for k, v in j.items()}
                    base = j.pop("base")
                    e = m.Entry(**j)
                    why = m.refusal(room, log, e, base, time)
                    if why is None:
                        log += (e._replace(seq=m.next_seq(log), time=time),)
                r = m.relay(room, log)
                v = r.view()
                texts.append("|".join(["taken" if why is None else "refused", "".join(sorted(r.members(room))),
                                       str(r.stands), "".join(sorted(v.members)), "".join(sorted(v.leads)),
                                       "".join(sorted(v.takers)), str(v.pin),
                                       str(m.next_seq(log) - 1)]))
            m.relay.cache_clear()
            print(json.dumps(texts))
        """

    /// - Returns: for each run, what the model's relay is after each event.
    static func replay(_ runs: [[String: Any]], in folder: String) async throws -> [[String]] {
        try await ReferenceModel.replay(runs, by: driver, in: folder)
    }
}

/// Random posts to one incident room of up to six devices, under three call lists with other people and other terms; the
/// first device makes the room and leads it. The model counts minutes, and entries from the founding commit as 0.
struct RandomCommits {
    static let names = ["a", "b", "c", "d", "e", "f"]

    enum Event {
        case pass(minutes: UInt64)
        case post(EntryPost, by: Int)
    }

    let world: World
    let lists: [CallList]
    /// Minutes after the start when a device's term ends, for each list; nil where it is not on it.
    private let terms: [[Int: Int]]
    let creation: RoomCreation
    private(set) var told: [String: Any]
    private(set) var events: [Event] = []
    /// What the rules come to after each event, in the model's words.
    private(set) var texts: [String] = []
    private var room: RoomFacts
    private var minutes: UInt64 = 0
    private var noise: SplitMix64
    /// Those that were taken, the one that made the room first.
    private var commits: [Entry] = []
    /// Who has faulted which of them.
    private var faults: Set<[UInt64]> = []
    /// Who has said when that no lead is left.
    private var said: [(device: Int, minutes: UInt64)] = []

    /// The model's word for a term that does not end while the run lasts.
    private static let never = 1_000_000

    init(seed: UInt64, length: Int, world: World) throws {
        var noise = SplitMix64(seed: seed)
        self.world = world
        let count = 3 + noise.below(2)
        var lists: [CallList] = []
        var terms: [[Int: Int]] = []
        for version in 1...3 {
            var listed: [Int: Int] = [:]
            for device in Self.names.indices {
                let isFounder = version == 1 && device < count
                guard isFounder || noise.chance(80) else { continue }
                listed[device] = noise.chance(30) ? 3 + noise.below(30) : Self.never
            }
            let expiring = listed.filter { $0.value < Self.never }.map {
                (world.people[$0.key].id, World.start.adding(seconds: UInt64($0.value) * 60))
            }
            let bundle = try world.bundle(
                UInt64(version), without: Self.names.indices.filter { listed[$0] == nil }.map { world.people[$0] },
                previous: lists.last, expiring: Dictionary(uniqueKeysWithValues: expiring))
            lists.append(try world.list(bundle))
            terms.append(listed)
        }
        (self.lists, self.terms) = (lists, terms)
        creation = Posts.incident(.random(), adding: Array(world.people[1..<count]))
            .pinned(to: lists[0], by: world.people[0])
        let made = try RoomTransition.create(
            creation, by: world.people[0].device, exists: false, openRooms: 0,
            lists: CallListsAtHand(newest: lists[0]), limits: Self.limits, at: .after(seconds: 0),
            identity: World.identity
        ).transition
        room = made.room
        commits = made.entries.filter { $0.entryClass == .commit }
        told = [
            "members": Array(Self.names.prefix(count)), "leads": ["a"],
            "lists": terms.enumerated().map { index, listed in
                [index + 1, Dictionary(uniqueKeysWithValues: listed.map { (Self.names[$0.key], $0.value) })] as [Any]
            },
        ]
        self.noise = noise
        var tell: [[String: Any]] = []
        // The model's log begins after the founding, which counts as writing here.
        tell.append(write(by: 0, parent: 1, base: 1))
        while events.count < length { tell.append(step()) }
        told["events"] = tell
    }

    /// The budget is no part of the model.
    static var limits: RelayLimits {
        var limits = RelayLimits()
        limits.commitBurst = 1_000
        return limits
    }

    /// What a post is judged under: the third list is the relay's newest.
    func lists(for post: EntryPost) -> CallListsAtHand {
        let pin = (try? post.header.callListVersion) ?? 0
        return CallListsAtHand(newest: lists[2], pinned: lists.first { $0.version == pin })
    }

    /// Whether the newest list lets the device in at all, which comes before a room is looked at.
    func isLetIn(_ device: Int, at minutes: UInt64) -> Bool { terms[2][device].map { $0 > Int(minutes) } ?? false }

    // MARK: What happens

    private mutating func step() -> [String: Any] {
        if noise.chance(20) {
            let passed = UInt64(noise.chance(65) ? 1 + noise.below(3) : noise.one(of: [240, 480, 719, 720]))
            minutes += passed
            events.append(.pass(minutes: passed))
            note(isTaken: true)
            return ["pass": Int(passed)]
        }
        let author = noise.below(Self.names.count)
        if noise.chance(15), let (entry, post) = fault(by: author) {
            events.append(.post(post, by: author))
            note(isTaken: take(post, by: author, faulting: entry))
            return [
                "kind": "fault", "author": Self.names[author], "fault": Int(entry.seq) - 1, "base": Int(entry.seq) - 1,
            ]
        }
        if noise.chance(14), let post = statement(by: author) {
            events.append(.post(post, by: author))
            note(isTaken: take(post, by: author))
            return ["kind": "says", "author": Self.names[author], "base": 0]
        }
        let commits = room.ledger.commits.keys.sorted()
        let parent = noise.chance(65) ? commits.last ?? 1 : noise.one(of: commits)
        let base = noise.chance(90) ? room.log.seq : 1 + UInt64(noise.below(Int(room.log.seq)))
        var told: [String: Any] = [
            "author": Self.names[author], "parent": Int(parent) - 1, "base": Int(base) - 1,
        ]
        if noise.chance(45) { return write(by: author, parent: parent, base: base) }
        told["kind"] = "commit"
        let post = commit(base, parent: parent, by: author, &told)
        events.append(.post(post, by: author))
        note(isTaken: take(post, by: author))
        return told
    }

    private mutating func write(by author: Int, parent: UInt64, base: UInt64) -> [String: Any] {
        let post = Posts.message(base, parent: parent)
        events.append(.post(post, by: author))
        note(isTaken: take(post, by: author))
        return [
            "kind": "write", "author": Self.names[author], "parent": Int(parent) - 1, "base": Int(base) - 1,
        ]
    }

    // MARK: Taking the lead

    private var now: Timestamp { World.start.adding(seconds: minutes * 60) }

    /// One that the relay takes, which to the model any is.
    private mutating func statement(by author: Int) -> EntryPost? {
        let keys = world.people[author]
        guard isLetIn(author, at: minutes), room.named[keys.id]?.mayPost == true else { return nil }
        said.append((author, minutes))
        return try? Posts.leadStatement(.noLead, in: room.room, by: keys, at: now)
    }

    /// Statements of those, as of now.
    private func signed(_ kind: LeadStatement.Kind, by devices: [Int], at minutes: UInt64? = nil) -> [[UInt8]] {
        devices.compactMap { device in
            try? LeadStatement(
                kind, room: room.room, device: world.people[device].id, event: .random(),
                at: minutes.map { World.start.adding(seconds: $0 * 60) } ?? now
            ).signed(by: world.people[device].mls)
        }
    }

    /// What a commit carries by which `author` takes the lead; nil where less counts than to the model, to which all count who
    /// ever said so.
    private func noLead(_ view: RoomView, by author: Int, pin: Int, at judged: Int) -> [[UInt8]]? {
        let isLed = Self.names.indices.contains { device in
            view.leads.contains(world.people[device].id) && isInTime(device, pin: pin, at: judged)
        }
        let others = said.filter { !view.leads.contains(world.people[$0.device].id) }
        let counting = others.filter { said in
            said.minutes + 720 > minutes && view.members.contains(world.people[said.device].id)
                && isInTime(said.device, pin: pin, at: judged)
        }
        let (all, count) = (Set(others.map(\.device)).count, Set(counting.map(\.device)).count)
        guard !isLed || (all >= 2) == (count >= 2) else { return nil }
        // Nor where the founding alone keeps the lead from being silent.
        guard !isLed || minutes >= 720 || texts.first?.hasPrefix("taken") == true else { return nil }
        var named: Set<Int> = []
        return counting.filter { named.insert($0.device).inserted }.prefix(2).flatMap {
            signed(.noLead, by: [$0.device], at: $0.minutes)
        }
    }

    private func isInTime(_ device: Int, pin: Int, at minutes: Int) -> Bool {
        pin <= lists.count && terms[pin - 1][device].map { $0 > minutes } ?? false
    }

    /// One that the relay takes, which to the model any is: of another's commit, by somebody in the room, once.
    private mutating func fault(by author: Int) -> (Entry, EntryPost)? {
        let keys = world.people[author]
        guard isLetIn(author, at: minutes), let member = room.named[keys.id], member.mayPost else { return nil }
        let open = commits.filter {
            $0.poster != keys.id && $0.seq > member.joined && !faults.contains([UInt64(author), $0.seq])
        }
        guard !open.isEmpty else { return nil }
        let entry = noise.one(of: open)
        faults.insert([UInt64(author), entry.seq])
        return (try? Posts.fault(entry, in: room.room, by: keys)).map { (entry, $0) }
    }

    private mutating func commit(_ base: UInt64, parent: UInt64, by author: Int, _ told: inout [String: Any])
        -> EntryPost
    {
        let members = room.ledger.commits[parent]?.view.members ?? []
        func isIn(_ device: Int) -> Bool { members.contains(world.people[device].id) }
        // Of adds that are off the relay's newest list the model knows nothing.
        var adds: [Int] = []
        var removes: [Int] = []
        for device in Self.names.indices where device != author {
            if !isIn(device) || noise.chance(5), noise.chance(25), terms[2][device] != nil {
                adds.append(device)
            } else if isIn(device) || noise.chance(5), noise.chance(20) {
                removes.append(device)
            }
        }
        var leads: [Int]?
        if noise.chance(25) {
            leads = [author] + Self.names.indices.filter { $0 != author && noise.chance(isIn($0) ? 40 : 5) }
        }
        // Whose place it gives back, and nothing else.
        if noise.chance(15) {
            let back = noise.below(Self.names.count)
            if back != author, isIn(back), terms[2][back] != nil { (adds, removes, leads) = ([back], [back], nil) }
        }
        // The fourth is no list that the relay has.
        let pin = noise.chance(4) ? 4 : noise.one(of: [1, 1, 2, 2, 3])
        let dated = noise.chance(60) ? 0 : noise.below(9) - 2
        let at = max(0, Int(minutes) - dated)
        told["adds"] = adds.map { Self.names[$0] }
        told["pin"] = pin
        // More than minutes before the entry counts as the entry's; the model is told what counts.
        let counts = UInt64(max(0, Int(minutes) - at)) * 60_000 <= CommitHeader.datingTolerance
        if counts { told["at"] = at }
        let judged = counts ? min(at, Int(minutes)) : Int(minutes)
        var (takes, statements) = (false, [[UInt8]]())
        if let view = room.ledger.commits[parent]?.view, !view.leads.contains(world.people[author].id) {
            let isTaker = view.takers.contains(world.people[author].id)
            if !isTaker, adds != removes, noise.chance(70), let said = noLead(view, by: author, pin: pin, at: judged) {
                (takes, statements) = (true, said)
            }
            // To the model they may say who leads; and the second one's word need not be there, or in time.
            if takes || isTaker { leads = nil }
            let others = Self.names.indices.filter { $0 != author && view.takers.contains(world.people[$0].id) }
            if others.contains(where: { !isInTime($0, pin: pin, at: judged) }) { removes = [] }
            if !removes.isEmpty {
                statements += others.prefix(2).flatMap {
                    signed(.remove(removes.map { world.people[$0].id }), by: [$0])
                }
            }
        }
        told["removes"] = removes.map { Self.names[$0] }
        told["takes"] = takes
        if let leads { told["leads"] = leads.map { Self.names[$0] } }
        func keys(_ devices: [Int]) -> [DeviceKeys] { devices.map { world.people[$0] } }
        return Posts.commit(
            base, parent: parent, adds: keys(adds), removes: keys(removes), leads: leads.map(keys),
            takes: takes, statements: statements, at: World.start.adding(seconds: UInt64(at) * 60),
            pin: pin == 4 ? RoomPin(version: 4, digest: [UInt8](repeating: 4, count: 32)) : RoomPin(lists[pin - 1]))
    }

    private mutating func take(_ post: EntryPost, by author: Int, faulting entry: Entry? = nil) -> Bool {
        guard isLetIn(author, at: minutes) else { return false }
        room.faulted = entry.map {
            RoomFacts.Faulted(
                seq: $0.seq, author: $0.poster, digest: CommitFault.digest(of: $0.payload), isFaulted: false)
        }
        var transition = RoomTransition(room, at: .after(seconds: minutes * 60), identity: World.identity)
        guard
            (try? transition.post(
                post, by: world.people[author].device, lists: lists(for: post), limits: Self.limits)) != nil
        else { return false }
        room = transition.room
        commits += transition.entries.filter { $0.entryClass == .commit }
        return true
    }

    // MARK: In the model's words

    private mutating func note(isTaken: Bool) {
        func names(_ devices: Set<DeviceID>) -> String {
            Self.names.indices.filter { devices.contains(world.people[$0].id) }.map { Self.names[$0] }.joined()
        }
        let view = room.ledger.commits.values.max { $0.seq < $1.seq }?.view ?? RoomView(members: [], leads: [], pin: 0)
        // Who is delivered to is who is in the room.
        let audience = Set(room.audience) == room.ledger.members ? names(room.ledger.members) : "another audience"
        texts.append(
            [
                isTaken ? "taken" : "refused", audience, String(room.ledger.stands - 1), names(view.members),
                names(view.leads), names(view.takers), String(view.pin), String(room.log.seq - 1),
            ].joined(separator: "|"))
    }
}

extension RoomTransition {
    /// What it writes into the log.
    var entries: [Entry] {
        changes.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
    }
}
