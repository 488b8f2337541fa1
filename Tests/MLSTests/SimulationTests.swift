import Sodium
import Testing

@testable import MLS

/// Random lives of a group. A failing seed, named in the test's arguments, reproduces what was decided; keys are fresh.
@Suite struct SimulationTests {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func membersAgree(seed: UInt64) throws {
        var random = Generator(state: seed)
        var assembly = try Assembly(["founder"])
        var serial = 0
        for step in 0..<50 {
            let committer = try #require(assembly.names.randomElement(using: &random))
            let others = assembly.names.filter { $0 != committer }.shuffled(using: &random)
            var newcomers: [Party] = []
            if assembly.members.count < 20 {
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    serial += 1
                    newcomers.append(try Party("member \(serial)"))
                }
            }
            let leaving = Array(others.prefix(Int.random(in: 0...3, using: &random)))
            let (hasPath, split) = (Bool.random(using: &random), Bool.random(using: &random))
            let losing = try loser(of: assembly, not: committer, using: &random)
            try assembly.commit(by: committer, adding: newcomers, removing: leaving) { plan in
                plan.forcesPath = hasPath
                if split { plan.welcomeSplit = newcomers.indices.map { [$0] } }
                if step.isMultiple(of: 7) { plan.extensions = [Extension(Party.policy, data: [UInt8(step)])] }
            }
            try assembly.expectAgreement()
            try expectLost(losing, in: &assembly)
            try restoreSome(in: &assembly, using: &random)
            try assembly.exchange(from: try #require(assembly.names.randomElement(using: &random)), "step \(step)")
        }
        try expectFormerAreOut(&assembly)
    }

    /// A commit that another member made at the same time, and that comes second.
    private func loser(of assembly: Assembly, not committer: String, using random: inout Generator) throws -> [UInt8]? {
        guard let name = assembly.names.filter({ $0 != committer }).randomElement(using: &random) else { return nil }
        return try assembly[name].group.commit(
            CommitPlan(), signer: assembly[name].party.signer, judge: AnyoneMay()
        ).message
    }

    private func expectLost(_ message: [UInt8]?, in assembly: inout Assembly) throws {
        guard let message else { return }
        for name in assembly.names {
            #expect(refusal { _ = try assembly[name].group.process(message, judge: AnyoneMay()) } == .wrongEpoch)
        }
    }

    private func restoreSome(in assembly: inout Assembly, using random: inout Generator) throws {
        for name in assembly.names where Bool.random(using: &random) {
            assembly[name].group = try Group(serialized: assembly[name].group.serialized())
        }
    }

    private func expectFormerAreOut(_ assembly: inout Assembly) throws {
        let name = try #require(assembly.names.first)
        let message = try assembly[name].group.protect([1], signer: assembly[name].party.signer)
        #expect(!assembly.former.isEmpty)
        for former in assembly.former {
            var group = former.group
            #expect(refusal { _ = try group.process(message, judge: AnyoneMay()) } == .notAMember)
        }
    }
}
