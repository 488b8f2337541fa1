import Sodium
import TestTeam
import Testing

@testable import MLS

extension World {
    /// Something happens.
    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<30: try say()
        case ..<48: try propose()
        case ..<55: try lag()
        case ..<59: try expectOutsidersLocked()
        case ..<60: if random.oneIn(3) { try reinitialise() }
        default: try commit()
        }
    }

    /// Somebody catches up with the log, or just restarts.
    private mutating func lag() throws {
        guard let position = clients.indices.randomElement(using: &random) else { return }
        if random.oneIn(2) { try restart(position) } else { try catchUp(position) }
    }

    private mutating func say() throws {
        guard let position = memberPositions.randomElement(using: &random) else { return }
        try catchUp(position)
        guard !clients[position].isStuck, var group = clients[position].group, group.isActive else { return }
        let party = clients[position].party
        guard !group.pendingProposals.contains(where: \.isValid) else {
            #expect(refusal { _ = try group.protect([1], signer: party.signer) } == .proposalsPending)
            return
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let message = try group.protect(Array(party.name.utf8), signer: party.signer)
            append(.application, message, by: position, epoch: group.epoch)
        }
        clients[position].group = group
        count("messages sent")
    }

    mutating func append(_ kind: Entry.Kind, _ message: [UInt8], by position: Int, epoch: Epoch) {
        log.append(Entry(kind: kind, sender: clients[position].party.name, epoch: epoch, message: message))
    }

    // MARK: Proposals

    private mutating func propose() throws {
        guard let position = memberPositions.randomElement(using: &random) else { return }
        try catchUp(position)
        guard !clients[position].isStuck, var group = clients[position].group, group.isActive else { return }
        let change: Change
        switch Int.random(in: 0..<6, using: &random) {
        case 0: change = .preSharedKey(.external(id: [UInt8.random(in: 0...3, using: &random)]))
        case 1:
            guard let other = membership.randomElement(using: &random), other.index != group.ownIndex else { return }
            change = .remove(other.index)
        case 2: change = .extensions([Extension(Party.policy, data: [UInt8.random(in: 0...9, using: &random)])])
        default: change = .update(LeafChange())
        }
        let message = try group.propose(
            change, signer: clients[position].party.signer,
            format: random.oneIn(2) ? .privateMessage : .publicMessage)
        append(.proposal, message, by: position, epoch: group.epoch)
        clients[position].group = group
        count("proposals sent")
    }

    // MARK: Commits

    /// What somebody tries to commit, and who would join by it.
    private struct Attempt {
        let committer: Int
        let pending: PendingCommit
        let joiners: [(client: Int, bundle: KeyPackageBundle)]
    }

    /// Up to three try at once; the delivery service takes one.
    private mutating func commit() throws {
        let ready = try readyMembers().shuffled(using: &random)
        guard let helper = ready.first else { return try revive() }
        var attempts: [Attempt] = []
        for position in ready.prefix(Int.random(in: 1...3, using: &random)) {
            if let attempt = try attempt(position) { attempts.append(attempt) }
        }
        if random.oneIn(4), let attempt = try externalAttempt(helper: helper) { attempts.append(attempt) }
        guard let winner = attempts.randomElement(using: &random) else { return }
        try take(winner)
        for loser in attempts where loser.committer != winner.committer { try expectLost(loser.pending.message) }
    }

    /// Nobody is left who could act: those who lost their place start over.
    private mutating func revive() throws {
        count("dead ends")
        let position = clients.count
        clients.append(Client(party: try Party("client \(position)")))
        let party = clients[position].party
        let group = try Group.create(
            id: nextGroupID(), identity: party.identity, signer: party.signer, capabilities: Party.capabilities,
            lifetime: Party.lifetime, extensions: [], judge: AnyoneMay())
        for other in clients.indices { clients[other] = Client(party: clients[other].party) }
        clients[position].group = group
        (log, agreed) = ([], [:])
        try noteEpoch(of: group)
    }

    private mutating func attempt(_ position: Int) throws -> Attempt? {
        guard let group = clients[position].group else { return nil }
        let party = clients[position].party
        var plan = CommitPlan()
        plan.forcesPath = !random.oneIn(4)
        plan.format = random.oneIn(3) ? .publicMessage : .privateMessage
        plan.references = references(of: group)
        let taken = Set(plan.references.compactMap { target(of: $0, in: group) })
        if random.oneIn(2) {
            plan.removes = membership.map(\.index).filter { $0 != group.ownIndex && !taken.contains($0) }
                .shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)).map { $0 }
        }
        var joiners: [(client: Int, bundle: KeyPackageBundle)] = []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            guard let client = try outsider(), !joiners.contains(where: { $0.client == client }),
                membership.count + joiners.count < mostMembers
            else { continue }
            joiners.append((client, try clients[client].party.bundle(lastResort: random.oneIn(5))))
        }
        plan.adds = joiners.map(\.bundle.keyPackage)
        if random.oneIn(2) { plan.welcomeSplit = joiners.indices.map { [$0] } }
        if random.oneIn(6) { plan.preSharedKeys = [.external(id: [UInt8.random(in: 4...9, using: &random)])] }
        if joiners.isEmpty, random.oneIn(6) {
            plan.preSharedKeys.append(.resumption(usage: .application, groupID: group.id, epoch: group.epoch))
        }
        let made = try group.commit(
            plan, signer: party.signer, preSharedKeys: Assembly.psks, judge: AnyoneMay())
        let pending = random.oneIn(2) ? try PendingCommit(serialized: made.serialized()) : made
        return Attempt(committer: position, pending: pending, joiners: joiners)
    }

    /// What can be committed together: the newest change of a leaf, one list of extensions, no ReInit.
    private func references(of group: Group) -> [ProposalRef] {
        var changes: [LeafIndex: ProposalRef] = [:]
        var order: [LeafIndex] = []
        var others: [ProposalRef] = []
        var extensions: ProposalRef?
        for pending in group.pendingProposals {
            switch pending.proposal {
            case .update, .remove:
                guard let index = target(of: pending.reference, in: group), index != group.ownIndex else { continue }
                if changes.updateValue(pending.reference, forKey: index) == nil { order.append(index) }
            case .preSharedKey: others.append(pending.reference)
            case .groupContextExtensions: extensions = pending.reference
            default: break
            }
        }
        return order.compactMap { changes[$0] } + others + (extensions.map { [$0] } ?? [])
    }

    /// The leaf that a proposal changes.
    private func target(of reference: ProposalRef, in group: Group) -> LeafIndex? {
        guard let pending = group.proposals[reference] else { return nil }
        switch (pending.proposal, pending.sender) {
        case (.update, .member(let index)): return index
        case (.remove(let index), _): return index
        default: return nil
        }
    }

    /// A newcomer, or somebody who lost their place, comes in without being asked.
    private mutating func externalAttempt(helper: Int) throws -> Attempt? {
        guard let group = clients[helper].group else { return nil }
        let stuck = memberPositions.filter { clients[$0].isStuck }
        guard let joiner = try stuck.randomElement(using: &random) ?? outsider() else { return nil }
        let info = try group.groupInfo(signer: clients[helper].party.signer)
        let pending = try clients[joiner].party.joinByCommit(
            info, replacing: leafIndex(of: joiner),
            preSharedKeys: random.oneIn(2) ? [.external(id: [UInt8.random(in: 4...9, using: &random)])] : [])
        return Attempt(committer: joiner, pending: pending, joiners: [])
    }

    private mutating func take(_ attempt: Attempt) throws {
        let (pending, committer) = (attempt.pending, attempt.committer)
        append(.commit, pending.message, by: committer, epoch: pending.facts.context.epoch)
        clients[committer].group = pending.next
        clients[committer].isStuck = false
        clients[committer].invitation = nil
        clients[committer].cursor = log.count
        clients[committer].spies = []
        try noteEpoch(of: pending.next)
        for joiner in attempt.joiners {
            guard
                let welcome = try pending.welcomes.first(where: { message in
                    guard case .welcome(let welcome) = try MLSMessage(checking: message) else { return false }
                    return welcome.secrets.contains { $0.newMember == joiner.bundle.reference }
                })
            else { throw UnexpectedResult() }
            clients[joiner.client] = Client(party: clients[joiner.client].party)
            clients[joiner.client].invitation = (welcome, joiner.bundle, log.count)
        }
        count(pending.facts.isExternal ? "external commits" : "commits")
        count(pending.facts.hasPath ? "with a path" : "without a path")
        if pending.facts.proposals.contains(where: { $0.reference != nil }) { count("with references") }
    }

    private mutating func expectLost(_ message: [UInt8]) throws {
        guard let newest = log.last?.epoch else { return }
        for position in memberPositions.shuffled(using: &random).prefix(3) {
            guard var group = clients[position].group, group.epoch > newest, group.isActive else { continue }
            #expect(broken { _ = try group.process(message, judge: AnyoneMay()) } == .v3)
            count("commits lost")
        }
    }

    // MARK: Reinitialisation

    /// All catch up, the group is closed, and goes on as another.
    private mutating func reinitialise() throws {
        for position in memberPositions { try catchUp(position) }
        let members = memberPositions
        guard members.allSatisfy({ !clients[$0].isStuck && clients[$0].group?.isActive == true }),
            let closer = members.randomElement(using: &random), let group = clients[closer].group
        else { return }
        var plan = CommitPlan()
        plan.reInit = ReInit(groupID: nextGroupID(), extensions: group.context.extensions)
        let closing = try group.commit(plan, signer: clients[closer].party.signer, judge: AnyoneMay())
        try take(Attempt(committer: closer, pending: closing, joiners: []))
        for position in members where position != closer { try catchUp(position) }
        guard let founder = members.randomElement(using: &random), let old = clients[founder].group else { return }
        var successor = CommitPlan()
        var bundles: [Int: KeyPackageBundle] = [:]
        for position in members where position != founder {
            let bundle = try clients[position].party.bundle()
            bundles[position] = bundle
            successor.adds.append(bundle.keyPackage)
        }
        guard old.reInit != nil, members.allSatisfy({ clients[$0].group?.reInit != nil }) else {
            // Somebody lost a proposal on the way: the closed group is left as it is.
            return try revive()
        }
        let opening = try old.reinitialise(
            plan: successor, signer: clients[founder].party.signer, lifetime: Party.lifetime, judge: AnyoneMay())
        (log, agreed) = ([], [:])
        try noteEpoch(of: opening.next)
        for position in members {
            let before = clients[position].group
            clients[position].cursor = 0
            clients[position].group = position == founder ? opening.next : nil
            guard let bundle = bundles[position], let welcome = opening.welcomes.first else { continue }
            let joined = try clients[position].party.join(welcome, with: bundle, continuing: before)
            expectAgreed(joined)
            clients[position].group = joined
        }
        let inside = Set(members)
        for position in clients.indices where !inside.contains(position) {
            clients[position] = Client(party: clients[position].party)
        }
        count("reinitialised")
    }
}
