import Sodium
import TestTeam
import Testing

@testable import MLS

/// A group's life with a delivery service that keeps all in order, and clients that are late, lose messages, get them twice
/// or in another order, stop and start again, leave, come back and join on their own.
struct World {
    /// What the delivery service keeps.
    struct Entry {
        enum Kind { case commit, proposal, application }
        let kind: Kind
        let sender: String
        let epoch: Epoch
        let message: [UInt8]
    }

    struct Client {
        let party: Party
        var group: Group?
        /// Entries of the log before this one were seen.
        var cursor = 0
        /// A Welcome that was not opened yet, and where the log was when it came.
        var invitation: (welcome: [UInt8], bundle: KeyPackageBundle, cursor: Int)?
        /// Lost a proposal that was committed: can only come back by itself.
        var isStuck = false
        /// What it had when it was removed.
        var spies: [Group] = []
    }

    let mostMembers: Int
    var random: SplitMix64
    var clients: [Client] = []
    var log: [Entry] = []
    /// What everybody in an epoch must have, as its committer had it.
    var agreed: [Epoch: (authenticator: SecretBytes, treeHash: [UInt8])] = [:]
    /// As of the newest epoch.
    var membership: [CommitFacts.Member] = []
    var counts: [String: Int] = [:]
    private var groupNumber: UInt8 = 0

    init(seed: UInt64, mostMembers: Int) throws {
        self.mostMembers = mostMembers
        random = SplitMix64(seed: seed)
        clients.append(Client(party: try Party("client 0")))
        let group = try Group.create(
            id: [0], identity: clients[0].party.identity, signer: clients[0].party.signer,
            capabilities: Party.capabilities, lifetime: Party.lifetime, extensions: [], judge: AnyoneMay())
        clients[0].group = group
        try noteEpoch(of: group)
    }

    mutating func count(_ what: String) { counts[what, default: 0] += 1 }

    mutating func noteEpoch(of group: Group) throws {
        agreed[group.epoch] = (try group.epochAuthenticator(), group.tree.encodedTreeHash)
        membership = group.members
    }

    mutating func nextGroupID() -> [UInt8] {
        groupNumber &+= 1
        return [groupNumber]
    }

    // MARK: Who is where

    /// Where the newest epoch's members are in `clients`.
    var memberPositions: [Int] {
        let names = Set(membership.compactMap(\.leaf.identity))
        return clients.indices.filter { names.contains(clients[$0].party.identity) }
    }

    func leafIndex(of client: Int) -> LeafIndex? {
        membership.first { $0.leaf.identity == clients[client].party.identity }?.index
    }

    /// Members that can act; brings them up to date first.
    mutating func readyMembers() throws -> [Int] {
        var ready: [Int] = []
        for position in memberPositions {
            if clients[position].group == nil, clients[position].invitation != nil, !random.oneIn(3) { continue }
            try catchUp(position)
            if !clients[position].isStuck, clients[position].group?.isActive == true { ready.append(position) }
        }
        return ready
    }

    /// A client that is not a member: a former one, or somebody new.
    mutating func outsider() throws -> Int? {
        guard membership.count < mostMembers else { return nil }
        let members = Set(memberPositions)
        let outside = clients.indices.filter { !members.contains($0) }
        if let former = outside.randomElement(using: &random), random.oneIn(2) { return former }
        clients.append(Client(party: try Party("client \(clients.count)")))
        return clients.count - 1
    }
}

extension RatchetTree {
    /// The tree hash, computed anew.
    var encodedTreeHash: [UInt8] {
        var tree = RatchetTree(leaves: leaves, parents: parents, suite: suite)
        return tree.treeHash()
    }
}
