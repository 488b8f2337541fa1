import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Commits: made from the room's present state, kept pending until the log has them, made anew where another came first.
extension Client {
    /// A commit to be made, and whom its Welcome is for.
    struct PlannedCommit {
        var plan: CommitPlan
        var welcomed: [DeviceID] = []
    }

    /// - Parameter plan: what to do, from the present state and the newest call list; nil where nothing is left to do.
    /// - Returns: `queued` where the commit was made and stored, and the relay could not take it yet.
    /// - Throws: `roomBusy`, and what the relay refuses for good.
    func commit(
        to room: RoomID, plan: (Group, RoomPolicy) throws -> PlannedCommit?
    ) async throws -> Delivery {
        for _ in 0..<Self.attempts {
            try await pull(room)
            // One that an earlier call or another process left is not the caller's: it goes first.
            if try vault.read({ try $0.pendingCommit(of: room) }) != nil {
                do {
                    try await settle(room)
                } catch let problem as Problem where !ClientError(problem).isPassing && problem.code != .deviceUnknown {
                    continue
                }
            }
            let own: EventID
            switch try prepare(room, plan: plan) {
            case .nothing: return .accepted(seq: try cursor(of: room) ?? 0, time: relayNow)
            case .another: continue
            case .made(let event): own = event
            }
            do {
                guard let receipt = try await settle(room, only: own) else { continue }
                return .accepted(seq: receipt.seq, time: receipt.time)
            } catch let problem as Problem {
                switch problem.code {
                case .commitConflict: continue
                case .memberNotListed: try await fetchCallLists(upTo: try await relay().info().callListVersion)
                default:
                    let error = ClientError(problem)
                    guard error.isPassing else { throw problem }
                    return .queued(reason: error.reason)
                }
            } catch let error as ClientError {
                guard error.isPassing else { throw error }
                return .queued(reason: error.reason)
            }
        }
        throw ClientError(.roomBusy, "others keep changing the room", hint: "try again")
    }

    /// Posts the commit that a room has pending. A definite refusal drops it: it is not in the log, and never will be.
    /// - Returns: nil where there was none, or another was made meanwhile.
    @discardableResult
    private func settle(_ room: RoomID, only event: EventID? = nil) async throws -> Receipt? {
        guard let pending = try vault.read({ try $0.pendingCommit(of: room) }),
            event == nil || event == pending.event
        else { return nil }
        do {
            let relay = try relay()
            let receipt = try await relay.post(encoded: pending.post, to: room)
            try check(receipt, room: room, relay: relay)
            try await pullQuietly(room)
            return receipt
        } catch let problem as Problem {
            guard problem.code != .deviceUnknown, !ClientError(problem).isPassing else { throw problem }
            try vault.write { db in
                guard try db.pendingCommit(of: room)?.event == pending.event else { return }
                try db.deletePendingCommit(of: room)
                guard var record = try db.record(room) else { return }
                try record.group?.discardCommit()
                try db.update(record)
            }
            throw problem
        }
    }

    /// Posts what waits of a room, as part of sending everything.
    /// - Returns: why it still waits.
    func settleQuietly(_ room: RoomID) async throws -> ClientError? {
        do {
            try await relaying { _ = try await self.settle(room) }
            return nil
        } catch let error as ClientError {
            if error.isPassing { return error }
            if error.stopsAll { throw error }
            try raise("a change of room \(room.short) was dropped, do it again: \(error.reason)")
            return nil
        }
    }

    private enum Prepared {
        case nothing
        /// Another process has one pending: to be posted before anything else is planned.
        case another
        case made(EventID)
    }

    /// Makes and stores a commit.
    private func prepare(_ room: RoomID, plan: (Group, RoomPolicy) throws -> PlannedCommit?) throws -> Prepared {
        try vault.write { db in
            if try db.pendingCommit(of: room) != nil { return .another }
            try refreshCallLists(in: db)
            let record = try writable(room, in: db)
            guard let group = record.group else { throw Self.closed(room) }
            let policy = try RoomPolicy(in: group.context.extensions)
            guard let planned = try plan(group, policy) else { return .nothing }
            var commit = planned.plan
            let after = try commit.extensions.map { try RoomPolicy(in: $0) } ?? policy
            let header = CommitHeader(
                baseSeq: record.head.cursor, chain: try headerChain(room, record.head.cursor, in: db),
                adds: commit.adds.compactMap { $0.leafNode.identity.flatMap { DeviceID($0) } },
                removes: commit.removes.compactMap { group.member(at: $0)?.identity.flatMap { DeviceID($0) } },
                callListVersion: after.pin.version, callListDigest: after.pin.digest)
            commit.authenticatedData = header.encoded
            let judge = RoomJudge(room: room, lists: lists, time: expiryNow, occasion: .following(header))
            let made = try group.commit(commit, signer: identity.keys.mls, judge: judge)
            let payload = CommitPayload(header: header, commit: made.message).encoded
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: record.head.cursor, payload: payload,
                welcomes: made.welcomes.map { WelcomeDelivery(step: 0, devices: planned.welcomed, welcome: $0) })
            let pending = PendingPost(
                event: post.event, payloadHash: PendingPost.hash(payload), post: post.encoded, next: made.next)
            try db.store(pending, room: room)
            return .made(post.event)
        }
    }

    private func headerChain(_ room: RoomID, _ seq: UInt64, in db: VaultTransaction) throws -> [UInt8] {
        let chain = try db.chain(of: room, at: seq) ?? []
        return chain.count == LogChain.length ? chain : [UInt8](repeating: 0, count: LogChain.length)
    }

    // MARK: Revocation

    /// Members that the newest call list no longer has, or whose time is over [R2].
    func revokedMembers(of room: RoomID) throws -> [CommitFacts.Member] {
        guard let newest = lists.newest,
            let group = try vault.read({ try $0.record(room)?.group })
        else { return [] }
        return revoked(in: group, under: newest.list)
    }

    func revoked(in group: Group, under list: CallList) -> [CommitFacts.Member] {
        group.members.filter { member in
            guard let id = member.leaf.identity.flatMap({ DeviceID($0) }), let device = list.device(id) else {
                return true
            }
            return device.expires <= expiryNow || device.mlsKey.bytes != member.leaf.signatureKey
        }
    }

    /// Takes revoked devices out before anything more is said, and pins the newest call list [R2].
    func removeRevoked(from room: RoomID) async throws {
        guard kind == .person else {
            throw ClientError(
                .roomBusy, "the room holds a revoked device, and a sensor may not remove it [R5]",
                hint: "a person's next message there removes it")
        }
        compareClocks(try await relay().info().time)
        let delivery = try await commit(to: room) { group, policy in
            let newest = try self.newest()
            let revoked = self.revoked(in: group, under: newest.list)
            guard !revoked.isEmpty else { return nil }
            var plan = CommitPlan()
            plan.removes = revoked.map(\.index)
            plan.extensions = policy.pinned(to: newest.pin).extensions
            return PlannedCommit(plan: plan)
        }
        if case .queued(let reason) = delivery { throw ClientError(.relayUnavailable, reason) }
        guard try revokedMembers(of: room).isEmpty else {
            throw ClientError(
                .roomBusy, "removing an expired device was not valid by the relay's clock", hint: "try again")
        }
    }
}
