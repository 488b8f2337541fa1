import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

@testable import Client

/// A room of real MLS groups, one for each member. Whoever makes and changes it keeps no rules, so that those who read have
/// something to refuse. There is no log: a commit goes from hand to hand.
struct RuleRoom {
    let team: RuleTeam
    let room: RoomID
    let policy: RoomPolicy
    private(set) var groups: [String: Group] = [:]

    /// A room that ada makes, with all others in her first commit.
    init(_ team: RuleTeam, policy: RoomPolicy, members: [String], id: RoomID = .random()) throws {
        self.team = team
        self.policy = policy
        room = id
        let ada = try team.device("ada")
        let group = try Group.create(
            id: room.bytes, identity: ada.id.bytes, signer: ada.mls, capabilities: RoomPolicy.capabilities,
            lifetime: RuleTeam.lifetime, extensions: policy.extensions, judge: Anything())
        var bundles: [[UInt8]: (name: String, bundle: KeyPackageBundle)] = [:]
        var plan = CommitPlan()
        for name in members where name != "ada" {
            let bundle = try team.keyPackageBundle(name)
            bundles[bundle.reference] = (name, bundle)
            plan.adds.append(bundle.keyPackage)
        }
        let commit = try group.commit(plan, signer: ada.mls, judge: Anything())
        groups["ada"] = commit.next
        for (name, bundle) in bundles.values {
            groups[name] = try Group.join(
                welcome: required(commit.welcomes.first),
                bundle: { $0 == bundle.reference ? bundle : nil }, judge: Anything())
        }
    }

    /// An entry of the log that follows the commit which made the room.
    func following(_ header: CommitHeader) throws -> RoomJudge.Occasion {
        .following(header, in: RoomJudge.RoomEpoch(commit: 1, members: try group("ada").devices))
    }

    func group(_ name: String) throws -> Group { try required(groups[name]) }

    /// Where that member sits.
    func index(_ name: String) throws -> LeafIndex {
        let id = try team.device(name).id
        return try required(try group("ada").members.first { $0.leaf.identity == id.bytes }?.index)
    }

    /// Hands a proposal of `name` to all others.
    mutating func propose(_ change: Change, by name: String) throws {
        var group = try group(name)
        let message = try group.propose(change, signer: team.device(name).mls)
        groups[name] = group
        for other in groups.keys where other != name { _ = try groups[other]?.process(message, judge: Anything()) }
    }

    /// The header that an honest author gives such a commit.
    func header(_ plan: CommitPlan) throws -> CommitHeader {
        let group = try group("ada")
        let removes = try plan.removes.map { try required(group.member(at: $0)).deviceID() }
        let after = try plan.extensions.map { try RoomPolicy(in: $0) } ?? policy
        return CommitHeader(
            baseSeq: 1, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length), at: Timestamp(RuleTeam.now),
            adds: try plan.adds.map { try $0.leafNode.deviceID() }, removes: removes,
            leads: after.leads == policy.led(without: Set(removes)).leads ? nil : after.leads,
            callListVersion: after.pin.version, callListDigest: after.pin.digest)
    }

    /// A commit that keeps no rules, and its header.
    func commit(_ plan: CommitPlan, by author: String) throws -> (commit: PendingCommit, header: CommitHeader) {
        var plan = plan
        let header = try header(plan)
        plan.authenticatedData = header.encoded
        return (try group(author).commit(plan, signer: team.device(author).mls, judge: Anything()), header)
    }
}

extension KnownCallLists {
    convenience init(_ known: [KnownCallList]) throws {
        self.init()
        for list in known { try insert(list) }
    }
}

extension RoomPolicy {
    /// The same room with another thing in its policy.
    func with(leads: [String]? = nil, homeRelay: String? = nil, tlpCeiling: TLP? = nil, pin: Pin? = nil) throws
        -> RoomPolicy
    {
        RoomPolicy(
            kind: kind, incident: incident, compartment: compartment, homeRelay: homeRelay ?? self.homeRelay,
            leads: try leads?.map { try RuleTeam.id($0) } ?? self.leads, tlpCeiling: tlpCeiling ?? self.tlpCeiling,
            retention: retention, exercise: exercise, pin: pin ?? self.pin)
    }
}
