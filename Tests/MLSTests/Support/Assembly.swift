import Sodium
import Testing

@testable import MLS

/// A client of the tests, whose signature key follows from its name.
struct Party: Sendable {
    /// A private-use extension that every party supports.
    static let policy = ExtensionType(0xf101)
    static let lifetime = Lifetime(notBefore: 1_700_000_000, notAfter: 1_800_000_000)
    static let capabilities = Capabilities(extensions: [policy])

    let name: String
    let signer: Ed25519.PrivateKey

    init(_ name: String) throws {
        self.name = name
        signer = try Ed25519.PrivateKey(seed: SecretBytes(SHA256.hash(Array(name.utf8))))
    }

    var identity: [UInt8] { Array(name.utf8) }

    func bundle(
        capabilities: Capabilities = Party.capabilities, lastResort: Bool = false
    ) throws -> KeyPackageBundle {
        try KeyPackageBundle.generate(
            identity: identity, signer: signer, lifetime: Self.lifetime, capabilities: capabilities,
            lastResort: lastResort)
    }

    func create(extensions: [Extension] = [], judge: any Judge = AnyoneMay()) throws -> Group {
        try Group.create(
            id: Array("group".utf8), identity: identity, signer: signer, capabilities: Self.capabilities,
            lifetime: Self.lifetime, extensions: extensions, judge: judge)
    }

    func join(_ welcome: [UInt8], with bundle: KeyPackageBundle, judge: any Judge = AnyoneMay()) throws -> Group {
        try Group.join(welcome: welcome, bundle: { $0 == bundle.reference ? bundle : nil }, judge: judge)
    }
}

/// A party in a group.
struct Member: Sendable {
    let party: Party
    var group: Group
}

/// A group with all its members at hand.
struct Assembly {
    private(set) var members: [Member]
    /// Those who were removed, as they were left.
    private(set) var former: [Member] = []

    /// The first of `names` creates the group and adds the others in one commit.
    init(_ names: [String], extensions: [Extension] = []) throws {
        let founder = try Party(try #require(names.first))
        members = [Member(party: founder, group: try founder.create(extensions: extensions))]
        if names.count > 1 {
            try commit(by: founder.name, adding: names.dropFirst().map { try Party($0) })
        }
    }

    init(count: Int) throws { try self.init((0..<count).map { "member \($0)" }) }

    var names: [String] { members.map(\.party.name) }

    /// The member of that name. The tests ask only for members that are there.
    subscript(name: String) -> Member {
        get { members[position(of: name)] }
        set { members[position(of: name)] = newValue }
    }

    private func position(of name: String) -> Int {
        guard let position = names.firstIndex(of: name) else { preconditionFailure("no member \(name)") }
        return position
    }

    func index(of name: String) -> LeafIndex { self[name].group.ownIndex }

    /// A commit that everybody takes in; those who are added join.
    @discardableResult
    mutating func commit(
        by name: String, adding parties: [Party] = [], removing removed: [String] = [],
        _ edit: (inout CommitPlan) -> Void = { _ in }
    ) throws -> PendingCommit {
        let bundles = try parties.map { try $0.bundle() }
        var plan = CommitPlan()
        plan.adds = bundles.map(\.keyPackage)
        plan.removes = removed.map { index(of: $0) }
        edit(&plan)
        let pending = try self[name].group.commit(plan, signer: self[name].party.signer, judge: AnyoneMay())
        try deliver(pending, from: name)
        for (party, bundle) in zip(parties, bundles) {
            let joined = pending.welcomes.compactMap { try? party.join($0, with: bundle) }
            members.append(Member(party: party, group: try #require(joined.first)))
            #expect(joined.count == 1)
        }
        return pending
    }

    /// Everybody but the committer processes a commit; the committer takes the next state over.
    mutating func deliver(_ pending: PendingCommit, from name: String) throws {
        var staying: [Member] = []
        for var member in members {
            if member.party.name == name {
                member.group = pending.next
            } else {
                guard
                    case .commit(let facts, let removedSelf) = try member.group.process(
                        pending.message, judge: AnyoneMay())
                else { throw UnexpectedResult() }
                #expect(!facts.isOwn)
                #expect(facts.added == pending.facts.added && facts.removed == pending.facts.removed)
                #expect(removedSelf == !member.group.isActive)
                if removedSelf {
                    former.append(member)
                    continue
                }
            }
            staying.append(member)
        }
        members = staying
    }

    /// A message that everybody else can read.
    mutating func exchange(from name: String, _ text: String) throws {
        let signer = self[name].party.signer
        let message = try self[name].group.protect(Array(text.utf8), authenticatedData: [7], signer: signer)
        for other in names where other != name {
            guard case .application(let received) = try self[other].group.process(message, judge: AnyoneMay()) else {
                throw UnexpectedResult()
            }
            #expect(received.plaintext == Array(text.utf8))
            #expect(received.authenticatedData == [7])
            #expect(received.sender == index(of: name))
            #expect(received.senderLeaf.identity == self[name].party.identity)
            #expect(received.epoch == self[name].group.epoch)
        }
    }

    /// That all members are in the same state.
    func expectAgreement(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let first = try #require(members.first).group
        let authenticator = try first.epochAuthenticator()
        let exported = try first.export(label: "test", context: [1], count: 40)
        for member in members {
            let group = member.group
            #expect(group.context == first.context, sourceLocation: sourceLocation)
            #expect(group.members == first.members, sourceLocation: sourceLocation)
            #expect(
                try group.epochAuthenticator().constantTimeEquals(authenticator), sourceLocation: sourceLocation)
            #expect(
                try group.export(label: "test", context: [1], count: 40).constantTimeEquals(exported),
                sourceLocation: sourceLocation)
            #expect(
                group.member(at: group.ownIndex)?.identity == member.party.identity, sourceLocation: sourceLocation)
            var tree = group.tree
            #expect(tree.treeHash() == group.context.treeHash, sourceLocation: sourceLocation)
            // What the caches say, computed anew and checked as a joiner would.
            var fresh = try RatchetTree(decoding: group.tree.encoded, suite: group.suite)
            #expect(throws: Never.self, sourceLocation: sourceLocation) { try fresh.validate(context: group.context) }
        }
    }
}

struct UnexpectedResult: Error {}

/// The stored form, to see that nothing changed. The bytes are secrets of a test only.
func stored(_ group: Group) -> [UInt8] { group.serialized().exposedCopy() }

/// The code that `body` is refused with; nil where it is not refused, or not by this module.
func refusal(_ body: () throws -> Void) -> MLSError.Code? {
    do {
        try body()
        return nil
    } catch { return (error as? MLSError)?.code }
}
