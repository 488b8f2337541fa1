import Foundation
import MLS
import Sodium

/// One group size.
struct GroupBench {
    let size: Int
    let primitives: Primitives
    let hasPopulated: Bool
    private var result: BenchReport.GroupResult

    init(size: Int, primitives: Primitives, hasPopulated: Bool) {
        self.size = size
        self.primitives = primitives
        self.hasPopulated = hasPopulated
        result = BenchReport.GroupResult(size: size)
    }

    /// Nodes on a leaf's path to the root.
    private var height: Int { size < 2 ? 0 : Int.bitWidth - (size - 1).leadingZeroBitCount }

    consuming func run() throws -> BenchReport.GroupResult {
        PeakMemory.reset()
        let founder = Cast(0)
        let others = (1..<size).map { Cast($0) }
        let bundles = try others.map { try $0.bundle() }
        let packages = bundles.map(\.keyPackage.encoded)

        try record("key package generation") {
            _ = try founder.bundle()
        } unavoidable: {
            $0.keyPairs(2)
            $0.sign(250)
            $0.sign(350)
        }

        func createAndAdd() throws -> PendingCommit {
            var plan = CommitPlan()
            plan.adds = try KeyPackage.verified(packages)
            return try founder.create().commit(plan, signer: founder.signer, judge: Cast.judge)
        }
        let pending = try createAndAdd()
        let welcome = pending.welcomes[0]
        let packageBytes = packages.reduce(0) { $0 + $1.count }
        let treeBytes = pending.next.ratchetTree.count
        result.sizes["commit of all Adds"] = pending.message.count
        result.sizes["Welcome"] = welcome.count
        result.sizes["ratchet tree, fresh"] = treeBytes
        try record("create and add all others") {
            _ = try createAndAdd()
        } unavoidable: {
            for package in packages {
                $0.verify(package.count / 2)
                $0.verify(package.count)
            }
            $0.hash(packageBytes)
            $0.hpkeSeals(others.count)
            $0.nodes(height)
            $0.keyPairs(2)
            $0.sign(250)
            $0.sign(pending.message.count)
            $0.hash(pending.message.count)
            $0.aead(pending.message.count)
            $0.hash(treeBytes)
            $0.sign(treeBytes)
            $0.aead(treeBytes)
            $0.hash(treeBytes)
            $0.schedule()
        }

        let joined = try others[0].join(welcome, with: bundles[0])
        try record("join") {
            _ = try others[0].join(welcome, with: bundles[0])
        } unavoidable: {
            $0.hpkeOpen()
            $0.hash(treeBytes)
            $0.aead(treeBytes)
            for _ in 0..<size { $0.verify(250) }
            $0.verify(treeBytes)
            $0.hash(treeBytes)
            $0.nodes(height)
            $0.schedule()
        }

        try messages(from: (founder, pending.next), to: joined)
        try commits("fresh tree", by: (founder, pending.next), seenBy: joined, resolution: size - 1)
        if size > 2 { try removal(by: (founder, pending.next), seenBy: joined) }
        try storage(joined, treeBytes: treeBytes)
        if hasPopulated {
            let (first, last) = try Cast.populated(size)
            result.sizes["ratchet tree, populated"] = first.1.ratchetTree.count
            try commits("populated tree", by: first, seenBy: last.1, resolution: height)
        }
        result.sizes["peak memory"] = PeakMemory.read()
        return result
    }

    // MARK: Operations

    private mutating func commits(
        _ what: String, by sender: (Cast, Group), seenBy receiver: Group, resolution: Int
    ) throws {
        let (cast, group) = sender
        let made = try group.commit(CommitPlan(), signer: cast.signer, judge: Cast.judge)
        let bytes = made.message.count
        result.sizes["self-update commit, \(what)"] = bytes
        let height = height
        try record("self-update, create, \(what)") {
            _ = try group.commit(CommitPlan(), signer: cast.signer, judge: Cast.judge)
        } unavoidable: {
            $0.nodes(height)
            $0.keyPairs(1)
            $0.hpkeSeals(resolution)
            $0.sign(250)
            $0.sign(bytes)
            $0.hash(bytes)
            $0.aead(bytes)
            $0.schedule()
        }
        try record("self-update, process, \(what)") {
            receiver
        } run: { receiver in
            var receiver = receiver
            _ = try receiver.process(made.message, judge: Cast.judge)
        } unavoidable: {
            // The two meet at some height: what is above it is derived.
            let meeting = Int.bitWidth - Int(group.ownIndex.value ^ receiver.ownIndex.value).leadingZeroBitCount
            let derived = max(0, height - meeting + 1)
            $0.verify(250)
            $0.verify(bytes)
            $0.hpkeOpen()
            $0.keyPairs(derived)
            $0.derivations(4 * derived)
            for _ in 0..<height { $0.hash(400) }
            $0.hash(bytes)
            $0.aead(bytes)
            $0.schedule()
        }
    }

    private mutating func removal(by sender: (Cast, Group), seenBy receiver: Group) throws {
        let (cast, group) = sender
        var plan = CommitPlan()
        plan.removes = [LeafIndex(UInt32(size - 1))]
        let bytes = try group.commit(plan, signer: cast.signer, judge: Cast.judge).message.count
        let (height, size) = (height, size)
        try record("remove, create, fresh tree") {
            _ = try group.commit(plan, signer: cast.signer, judge: Cast.judge)
        } unavoidable: {
            $0.nodes(height)
            $0.keyPairs(1)
            $0.hpkeSeals(size - 2)
            $0.sign(250)
            $0.sign(bytes)
            $0.hash(bytes)
            $0.aead(bytes)
            $0.schedule()
        }
    }

    private mutating func messages(from sender: (Cast, Group), to receiver: Group) throws {
        let content = [UInt8](repeating: 5, count: 1024)
        var (cast, group) = sender
        _ = try group.protect(content, signer: cast.signer)
        let padded = 2048
        try record("protect 1 KiB") {
            _ = try group.protect(content, signer: cast.signer)
        } unavoidable: {
            $0.sign(1300)
            $0.aead(padded)
            $0.aead(12)
            $0.derivations(5)
        }
        var (sending, receiving) = (sender.1, receiver)
        _ = try receiving.process(try sending.protect(content, signer: cast.signer), judge: Cast.judge)
        try record("unprotect 1 KiB") {
            try sending.protect(content, signer: cast.signer)
        } run: { message in
            _ = try receiving.process(message, judge: Cast.judge)
        } unavoidable: {
            $0.verify(1300)
            $0.aead(padded)
            $0.aead(12)
            $0.derivations(5)
        }
    }

    /// A state's bytes can be copied, and its tree must be read: that is compared with hashing it once with BLAKE2b's speed,
    /// for which the AEAD stands.
    private mutating func storage(_ group: Group, treeBytes: Int) throws {
        let stored = group.serialized()
        result.sizes["stored state"] = stored.count
        try record("save") {
            _ = group.serialized()
        } unavoidable: {
            $0.aead(stored.count)
        }
        try record("restore") {
            _ = try Group(serialized: stored)
        } unavoidable: {
            $0.aead(stored.count)
        }
    }

    private mutating func record(
        _ name: String, _ body: () throws -> Void, unavoidable: (inout Unavoidable) -> Void
    ) throws {
        try record(name, prepare: {}, run: { _ in try body() }, unavoidable: unavoidable)
    }

    /// - Parameter prepare: makes each run's input, and is not timed.
    private mutating func record<Input>(
        _ name: String, prepare: () throws -> Input, run body: (Input) throws -> Void,
        unavoidable: (inout Unavoidable) -> Void
    ) throws {
        let times = try Stopwatch.time(prepare: prepare, run: body)
        var sum = Unavoidable(primitives)
        unavoidable(&sum)
        result.operations.append(
            BenchReport.Operation(
                name: name, best: times.best, median: times.median, runs: times.runs, unavoidable: sum.sum))
    }
}

/// The most memory that this process has had at once, in bytes.
enum PeakMemory {
    /// Starts anew, where the system allows it.
    static func reset() { try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8) }

    static func read() -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(separator: " ").compactMap({ Int($0) }).first
        else { return 0 }
        return kibibytes * 1024
    }
}
