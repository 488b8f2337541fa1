import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Commits: made from the room's present state, kept pending until the log has them, made anew where another came first.
extension Room {
    /// How often a write is tried anew because another came first.
    static let attempts = 16

    /// A commit to be made, and whom its Welcome is for.
    struct PlannedCommit {
        var plan: CommitPlan
        var welcomed: [DeviceID] = []
        /// What it rests on, where this device takes or took the lead [R6].
        var statements: [[UInt8]] = []
    }

    /// What a commit came to.
    enum Committed {
        case accepted(Receipt)
        /// The room is as it was to be, by somebody else's commit: nothing was sent.
        case needless
        /// It was made and stored, and the relay could not take it yet.
        case waits(ClientError)
    }

    /// - Parameter plan: what to do, from the present state and the newest call list; nil where nothing is left to do.
    /// - Throws: `roomBusy`, and what the relay refuses for good.
    func commit(plan: (Group, RoomPolicy) throws -> PlannedCommit?) async throws -> Committed {
        for _ in 0..<Self.attempts {
            try await pull()
            // One that an earlier call or another process left is not the caller's: it goes first.
            _ = try await settle()
            switch try prepare(plan: plan) {
            case .nothing: return .needless
            case .another: continue
            case .made(let event):
                let settled: Settled
                do {
                    settled = try await settle(only: event)
                } catch let problem as Problem where problem.isPassing {
                    return .waits(ClientError(problem))
                } catch let error as ClientError where error.isPassing {
                    return .waits(error)
                }
                switch settled {
                case .accepted(let receipt): return .accepted(receipt)
                case .none: continue
                case .refused(let problem) where problem.code == .commitConflict: continue
                case .refused(let problem) where problem.code == .memberNotListed: try await compareCallLists()
                case .refused(let problem): throw problem
                }
            }
        }
        throw busy
    }

    /// Either side may lack the other's newest.
    private func compareCallLists() async throws {
        let link = try link()
        let version = try await link.info().callListVersion
        try await trust.fetch(upTo: version, from: link)
        if try trust.newest().list.version > version { try await trust.offerQuietly(after: version, to: link) }
    }

    var busy: ClientError { ClientError(.roomBusy, "others keep changing the room", hint: "try again") }

    enum Settled {
        /// There was none, or another was made meanwhile.
        case none
        case accepted(Receipt)
        /// For good, and dropped: it is not in the log, and never will be.
        case refused(Problem)
    }

    /// Posts the commit that the room has pending.
    /// - Throws: where the relay could not decide now.
    func settle(only event: EventID? = nil) async throws -> Settled {
        guard let pending = try vault.read({ try $0.pendingCommit(of: id) }), event == nil || event == pending.event
        else { return .none }
        do {
            let receipt = try await receipt(for: pending.post)
            try await pullQuietly()
            return .accepted(receipt)
        } catch let problem as Problem where !problem.isPassing && problem.code != .deviceUnknown {
            try dropPending(pending.event)
            return .refused(problem)
        }
    }

    /// Drops a commit that the relay refused, and so will not be in the log.
    func dropPending(_ event: EventID) throws {
        try vault.write { db in
            guard try db.pendingCommit(of: id)?.event == event else { return }
            try db.dropPendingCommit(of: id)
            guard var record = try db.record(id) else { return }
            try record.group?.discardCommit()
            try db.update(record)
        }
    }

    /// Posts what waits of the room, as part of sending everything.
    /// - Returns: why it still waits; nil where nothing does.
    func settlePending() async throws -> ClientError? {
        do {
            if case .refused(let problem) = try await own.relaying({ try await settle() }) {
                try own.raise(.changeDropped, room: id, ClientError(problem).reason)
            }
            return nil
        } catch let error as ClientError where error.isPassing || !error.stopsAll {
            // The room waits; the others go on.
            return error
        }
    }

    enum Prepared {
        case nothing
        /// Another process has one pending: to be posted before anything else is planned.
        case another
        case made(EventID)
    }

    /// Makes and stores a commit.
    /// - Parameter replaces: it takes the place of one that this device cannot use [R4].
    func prepare(
        replaces: Bool = false, plan: (Group, RoomPolicy) throws -> PlannedCommit?
    ) throws -> Prepared {
        try vault.write { db in
            if try db.pendingCommit(of: id) != nil { return .another }
            try trust.refresh(in: db)
            let (record, group) = try writable(evenIf: replaces, in: db)
            let policy = try RoomPolicy(in: group.context.extensions)
            guard let planned = try plan(group, policy) else { return .nothing }
            var commit = planned.plan
            let removes = commit.removes.compactMap { group.member(at: $0)?.identity.flatMap { DeviceID($0) } }
            let adds = commit.adds.compactMap { $0.leafNode.identity.flatMap { DeviceID($0) } }
            // Whoever is added anew leaves nothing.
            let gone = Set(removes).subtracting(adds)
            let stayed = policy.led(without: gone)
            let after = try commit.extensions.map { try RoomPolicy(in: $0) }?.led(without: gone) ?? stayed
            if after != policy { commit.extensions = after.extensions }
            let at = Timestamp(trust.clocks.earliest)
            let header = CommitHeader(
                baseSeq: record.head.cursor, parent: record.head.epochCommit,
                chain: try headerChain(record.head.cursor, in: db), at: at,
                adds: adds, removes: removes,
                leads: after.leads == stayed.leads ? nil : after.leads,
                takes: after.takers.contains(own.id) && !policy.takers.contains(own.id),
                statements: planned.statements, callListVersion: after.pin.version,
                callListDigest: after.pin.digest)
            commit.authenticatedData = header.encoded
            let epoch = RoomJudge.RoomEpoch(
                commit: record.head.epochCommit, members: group.devices, faulters: try db.faulters(of: id),
                written: try db.written(in: id), entryTime: Timestamp(trust.clocks.relay))
            let judge = RoomJudge(
                room: id, lists: own.lists, time: at.date, occasion: .following(header, in: epoch))
            let made = try group.commit(commit, signer: own.keys.mls, judge: judge)
            let payload = CommitPayload(header: header, commit: made.message).encoded
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: record.head.cursor, parent: record.head.epochCommit,
                payload: payload,
                welcomes: made.welcomes.map { WelcomeDelivery(step: 0, devices: planned.welcomed, welcome: $0) })
            let pending = PendingPost(
                event: post.event, payloadHash: PendingPost.hash(payload), post: post.encoded, next: made.next)
            try db.store(pending, room: id)
            return .made(post.event)
        }
    }

    private func headerChain(_ seq: UInt64, in db: VaultTransaction) throws -> [UInt8] {
        let chain = try db.chain(of: id, at: seq) ?? []
        return chain.count == LogChain.length ? chain : [UInt8](repeating: 0, count: LogChain.length)
    }

    // MARK: Revocation

    /// Takes revoked devices out before anything more is said, and pins the newest call list [R2].
    func removeRevoked() async throws {
        guard own.keys.kind == .person else {
            throw ClientError(
                .roomBusy, "the room holds a revoked device, and a sensor may not remove it [R5]",
                hint: "a person's next message there removes it")
        }
        trust.clocks.heard(try await link().info().time)
        let early = ClientError(
            .roomBusy, "removing an expired device was not valid by the relay's clock", hint: "try again")
        let committed: Committed
        do {
            committed = try await commit { group, policy in
                try revocation(in: group, policy).map { PlannedCommit(plan: $0) }
            }
        } catch let problem as Problem where problem.code == .commitRefused {
            throw early
        }
        if case .waits(let error) = committed { throw error }
        guard try revokedMembers().isEmpty else { throw early }
    }

    /// What takes revoked devices out; nil where none is in the room.
    func revocation(in group: Group, _ policy: RoomPolicy) throws -> CommitPlan? {
        let newest = try trust.newest()
        let revoked = trust.revoked(in: group, under: newest.list)
        guard !revoked.isEmpty else { return nil }
        var plan = CommitPlan()
        plan.removes = revoked.map(\.index)
        plan.extensions = policy.pinned(to: newest.pin).extensions
        return plan
    }
}
