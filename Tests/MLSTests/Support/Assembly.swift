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
    /// Follows from the name, until it is changed.
    var signer: Ed25519.PrivateKey

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

    func join(
        _ welcome: [UInt8], with bundle: KeyPackageBundle, preSharedKeys: PSKLookup = { _ in nil },
        continuing: Group? = nil, judge: any Judge = AnyoneMay()
    ) throws -> Group {
        try Group.join(
            welcome: welcome, bundle: { $0 == bundle.reference ? bundle : nil }, preSharedKeys: preSharedKeys,
            continuing: continuing, judge: judge)
    }

    func joinByCommit(
        _ groupInfo: [UInt8], ratchetTree: [UInt8]? = nil, replacing old: LeafIndex? = nil,
        preSharedKeys: [PreSharedKeyID.Kind] = [], judge: any Judge = AnyoneMay()
    ) throws -> PendingCommit {
        try Group.joinByCommit(
            groupInfo: groupInfo, ratchetTree: ratchetTree,
            client: Group.Joiner(
                credential: .basic(identity: identity), signer: signer, capabilities: Self.capabilities),
            replacing: old, preSharedKeys: preSharedKeys, lookup: Assembly.psks, judge: judge)
    }
}

/// A party in a group.
struct Member: Sendable {
    var party: Party
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

    /// What pre-shared keys everybody has.
    struct Keys: Sendable {
        static let external = Keys(lookup: Assembly.psks)
        let lookup: PSKLookup
    }

    /// Everybody's external pre-shared keys.
    static let psks: PSKLookup = { id in
        guard case .external(let name) = id.kind else { return nil }
        return SecretBytes(SHA256.hash(name))
    }

    /// A commit that everybody takes in; those who are added join.
    @discardableResult
    mutating func commit(
        by name: String, adding parties: [Party] = [], removing removed: [String] = [],
        keys: Keys = .external, _ edit: (inout CommitPlan) -> Void = { _ in }
    ) throws -> PendingCommit {
        let joiners = try parties.map { ($0, try $0.bundle()) }
        let indices = removed.map { index(of: $0) }
        return try commit(by: name, joining: joiners, keys: keys) { plan in
            plan.adds = joiners.map(\.1.keyPackage)
            plan.removes = indices
            edit(&plan)
        }
    }

    /// As above, where `edit` sees to it that those are added who have the bundles.
    @discardableResult
    mutating func commit(
        by name: String, joining joiners: [(Party, KeyPackageBundle)], keys: Keys = .external,
        _ edit: (inout CommitPlan) -> Void
    ) throws -> PendingCommit {
        var plan = CommitPlan()
        edit(&plan)
        let pending = try self[name].group.commit(
            plan, signer: self[name].party.signer, preSharedKeys: keys.lookup, judge: AnyoneMay())
        try deliver(pending, from: name, keys: keys)
        for (party, bundle) in joiners {
            let joined = pending.welcomes.compactMap { try? party.join($0, with: bundle, preSharedKeys: keys.lookup) }
            members.append(Member(party: party, group: try #require(joined.first)))
            #expect(joined.count == 1)
        }
        return pending
    }

    /// A proposal that everybody takes in.
    mutating func propose(by name: String, _ change: Change, _ format: HandshakeFormat) throws {
        let message = try self[name].group.propose(change, signer: self[name].party.signer, format: format)
        for other in names where other != name {
            guard case .proposal(let sender, _) = try self[other].group.process(message, judge: AnyoneMay()) else {
                throw UnexpectedResult()
            }
            #expect(sender == .member(index(of: name)))
        }
    }

    /// What that member could commit by reference.
    func waiting(_ name: String) -> [ProposalRef] { self[name].group.pendingProposals.map(\.reference) }

    /// Somebody joins by a commit, with the help of a member's GroupInfo.
    @discardableResult
    mutating func joinByCommit(
        _ party: Party, from name: String, replacing old: String? = nil,
        preSharedKeys: [PreSharedKeyID.Kind] = []
    ) throws -> PendingCommit {
        let info = try self[name].group.groupInfo(signer: self[name].party.signer)
        let pending = try party.joinByCommit(
            info, replacing: old.map { index(of: $0) }, preSharedKeys: preSharedKeys)
        try admit(party, pending)
        return pending
    }

    mutating func admit(_ party: Party, _ pending: PendingCommit) throws {
        try deliver(pending, from: nil)
        members.append(Member(party: party, group: pending.next))
    }

    /// Everybody but the committer processes a commit; the committer takes the next state over.
    mutating func deliver(
        _ pending: PendingCommit, from name: String?, keys: Keys = .external
    ) throws {
        var staying: [Member] = []
        for var member in members {
            if member.party.name == name {
                member.group = pending.next
            } else {
                guard
                    case .commit(let facts, let removedSelf) = try member.group.process(
                        pending.message, preSharedKeys: keys.lookup, judge: AnyoneMay())
                else { throw UnexpectedResult() }
                #expect(!facts.isOwn)
                #expect(facts.added == pending.facts.added && facts.removed == pending.facts.removed)
                #expect(facts.proposals == pending.facts.proposals || name == nil)
                #expect(removedSelf == (member.group.secrets == nil))
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
            #expect(throws: Never.self, sourceLocation: sourceLocation) {
                _ = try fresh.validate(context: group.context)
            }
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
    } catch { return (error as? MLSError ?? (error as? UnusableCommit)?.cause)?.code }
}

/// The rule that `body` is refused for; nil where it is not refused, or not for a rule.
func broken(_ body: () throws -> Void) -> Rule? {
    do {
        try body()
        return nil
    } catch { return (error as? MLSError ?? (error as? UnusableCommit)?.cause)?.rule }
}
