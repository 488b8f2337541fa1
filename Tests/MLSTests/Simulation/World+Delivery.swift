import Sodium
import TestTeam
import Testing

@testable import MLS

extension World {
    /// Stops and starts a client: its state goes through its stored form.
    mutating func restart(_ position: Int) throws {
        guard let group = clients[position].group else { return }
        clients[position].group = try Group(serialized: group.serialized())
    }

    /// Opens a waiting Welcome and takes in all that a client has not seen.
    mutating func catchUp(_ position: Int) throws {
        try join(position)
        while clients[position].cursor < log.count, clients[position].group?.isActive == true,
            !clients[position].isStuck
        { try takeIn(position) }
    }

    private mutating func join(_ position: Int) throws {
        guard let invitation = clients[position].invitation else { return }
        clients[position].invitation = nil
        let bundle = try KeyPackageBundle(serialized: invitation.bundle.serialized())
        let group = try clients[position].party.join(
            invitation.welcome, with: bundle, preSharedKeys: Assembly.psks)
        clients[position].group = group
        clients[position].cursor = invitation.cursor
        clients[position].isStuck = false
        expectAgreed(group)
        count("late joins")
    }

    func expectAgreed(_ group: Group) {
        guard let expected = agreed[group.epoch] else {
            Issue.record("an epoch that nobody made")
            return
        }
        #expect((try? group.epochAuthenticator().constantTimeEquals(expected.authenticator)) == true)
        #expect(group.context.treeHash == expected.treeHash)
    }

    /// What comes before the next commit, in some order, then the commit.
    private mutating func takeIn(_ position: Int) throws {
        let start = clients[position].cursor
        let end = log[start...].firstIndex { $0.kind == .commit } ?? log.endIndex
        var batch = Array(log[start..<end])
        // Proposals and messages change places among each other; some are lost, some come twice.
        batch.shuffle(using: &random)
        var late: [Entry] = []
        for entry in batch where entry.sender != clients[position].party.name {
            if random.oneIn(3) { try restart(position) }
            if random.oneIn(entry.kind == .proposal ? 300 : 12) {
                late.append(entry)
                continue
            }
            try receive(entry, position)
            if random.oneIn(8), entry.kind == .application { try expectRefused(entry, position, .v17) }
        }
        clients[position].cursor = end
        guard end < log.endIndex else { return }
        try receiveCommit(log[end], position)
        clients[position].cursor = end + 1
        // What was held up comes after the epoch's end: too late.
        for entry in late where clients[position].group?.isActive == true && !clients[position].isStuck {
            try expectRefused(entry, position, .v3)
        }
    }

    private mutating func receive(_ entry: Entry, _ position: Int) throws {
        switch (entry.kind, try clients[position].group?.process(entry.message, judge: AnyoneMay())) {
        case (.application, .application(let message)):
            #expect(message.plaintext == Array(entry.sender.utf8))
            count("messages read")
        case (.proposal, .proposal): count("proposals read")
        default: Issue.record("a message is something else than it was")
        }
    }

    private mutating func expectRefused(_ entry: Entry, _ position: Int, _ rule: Rule) throws {
        guard var group = clients[position].group else { return }
        let before = random.oneIn(20) ? stored(group) : nil
        #expect(broken { _ = try group.process(entry.message, judge: AnyoneMay()) } == rule)
        if let before { #expect(stored(group) == before) }
        count("refused")
    }

    private mutating func receiveCommit(_ entry: Entry, _ position: Int) throws {
        guard entry.sender != clients[position].party.name, let before = clients[position].group else { return }
        if random.oneIn(3) { try restart(position) }
        do {
            guard
                case .commit(_, let removedSelf)? = try clients[position].group?.process(
                    entry.message, preSharedKeys: Assembly.psks, judge: AnyoneMay())
            else { throw UnexpectedResult() }
            count("commits read")
            if removedSelf {
                clients[position].spies = [before]
                clients[position].group = nil
            } else if let group = clients[position].group, group.reInit == nil {
                expectAgreed(group)
            }
        } catch let error as MLSError {
            // The only thing that may be missing is a proposal that got lost on the way here.
            #expect(error.rule == .v101)
            clients[position].isStuck = true
            count("stuck")
        }
    }

    /// Who is out can read nothing that came later, whatever they claim to be.
    mutating func expectOutsidersLocked() throws {
        let members = Set(memberPositions)
        for position in clients.indices where !members.contains(position) { try catchUp(position) }
        for entry in log.suffix(5) {
            for position in clients.indices {
                for spy in clients[position].spies where entry.epoch > spy.epoch {
                    var spy = spy
                    #expect(broken { _ = try spy.process(entry.message, judge: AnyoneMay()) } == .v3)
                    spy.context.epoch = entry.epoch
                    let rule = broken { _ = try spy.process(entry.message, judge: AnyoneMay()) }
                    #expect(rule == .v19 || rule == .v5 || rule == .v7 || rule == .v15)
                    count("locked out")
                }
            }
        }
    }
}
