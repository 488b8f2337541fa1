import CallList
import Foundation
import GRDB
import MLS
import RelayAPI
import Sodium
import WireFormat

/// Commits: made from the room's present state, kept pending until the log has them, made anew where another came first.
extension Client {
    /// - Parameter plan: what to do, from the present state; nil where nothing is left to do.
    /// - Throws: `roomBusy`, and what the relay refuses.
    func commit(
        to room: RoomID, welcomeDevices: [DeviceID] = [], plan: (Group, RoomPolicy) throws -> CommitPlan?
    ) async throws -> Delivery {
        for _ in 0..<Self.attempts {
            try await pull(room)
            guard let pending = try prepare(room, welcomeDevices: welcomeDevices, plan: plan) else {
                return .accepted(seq: try vault.read { try vault.record(room, in: $0)?.cursor } ?? 0, time: relayNow)
            }
            do {
                let relay = try relay()
                let receipt = try await relay.post(encoded: pending.post, to: room)
                try check(receipt, room: room, relay: relay)
                try await pull(room)
                return .accepted(seq: receipt.seq, time: receipt.time)
            } catch let problem as Problem where problem.code == .commitConflict {
                // Another commit came first: pulling takes it in and drops this one.
                try vault.write { db in
                    if try vault.pendingCommit(of: room, in: db)?.event == pending.event {
                        try vault.deletePendingCommit(of: room, in: db)
                    }
                }
            }
        }
        throw ClientError(.roomBusy, "others keep changing the room", hint: "try again")
    }

    /// Makes and stores a commit, or takes the one that already waits.
    private func prepare(
        _ room: RoomID, welcomeDevices: [DeviceID], plan: (Group, RoomPolicy) throws -> CommitPlan?
    ) throws -> PendingPost? {
        try vault.write { db in
            if let waiting = try vault.pendingCommit(of: room, in: db) { return waiting }
            let record = try writable(room, in: db)
            guard let group = record.group else { throw Self.closed(room) }
            let policy = try RoomPolicy(in: group.context.extensions)
            guard var commit = try plan(group, policy) else { return nil }
            let after = try commit.extensions.map { try RoomPolicy(in: $0) } ?? policy
            let header = CommitHeader(
                baseSeq: record.cursor, chain: try headerChain(room, record.cursor, in: db),
                adds: commit.adds.compactMap { $0.leafNode.identity.flatMap { DeviceID($0) } },
                removes: commit.removes.compactMap { group.member(at: $0)?.identity.flatMap { DeviceID($0) } },
                callListVersion: after.pin.version, callListDigest: after.pin.digest)
            commit.authenticatedData = header.encoded
            let judge = RoomJudge(room: room, lists: lists, time: now(), occasion: .following(header))
            let made: PendingCommit
            do {
                made = try group.commit(commit, signer: identity.keys.mls, judge: judge)
            } catch let rejection as Rejection {
                throw ClientError(.notPermitted, rejection.description)
            }
            let payload = CommitPayload(header: header, commit: made.message).encoded
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: record.cursor, payload: payload,
                welcomes: made.welcomes.map { WelcomeDelivery(step: 0, devices: welcomeDevices, welcome: $0) })
            let pending = PendingPost(
                event: post.event, payloadHash: PendingPost.hash(payload), post: post.encoded, next: made.next)
            try vault.store(pending, room: room, in: db)
            return pending
        }
    }

    private func headerChain(_ room: RoomID, _ seq: UInt64, in db: Database) throws -> [UInt8] {
        let chain = try vault.chain(of: room, at: seq, in: db) ?? []
        return chain.count == LogChain.length ? chain : [UInt8](repeating: 0, count: LogChain.length)
    }

    // MARK: Revocation

    /// Members that the newest call list no longer has, or whose time is over [R2].
    func revokedMembers(of room: RoomID) throws -> [CommitFacts.Member] {
        guard let newest = lists.newest,
            let group = try vault.read({ try vault.record(room, in: $0)?.group })
        else { return [] }
        return revoked(in: group, under: newest.list)
    }

    private func revoked(in group: Group, under list: CallList) -> [CommitFacts.Member] {
        group.members.filter { member in
            guard let id = member.leaf.identity.flatMap({ DeviceID($0) }), let device = list.device(id) else {
                return true
            }
            return device.expires <= now() || device.mlsKey.bytes != member.leaf.signatureKey
        }
    }

    /// Takes revoked devices out before anything more is said, and pins the newest call list [R2].
    func removeRevoked(from room: RoomID) async throws {
        guard kind == .person else {
            throw ClientError(
                .notPermitted, "the room holds a revoked device, and a sensor may not remove it [R5]",
                hint: "a new page will be made")
        }
        let newest = try newest()
        _ = try await commit(to: room) { group, policy in
            let revoked = self.revoked(in: group, under: newest.list)
            guard !revoked.isEmpty else { return nil }
            var plan = CommitPlan()
            plan.removes = revoked.map(\.index)
            plan.extensions = policy.pinned(to: newest.pin).extensions
            return plan
        }
    }
}
