import CallList
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Making a room: claim key packages, create the group, add everybody in one commit, encrypt the first event, post all of
/// it at once.
extension Client {
    func create(
        _ item: OutboxItem, _ draft: RoomDraft, _ built: BuiltRoom?, mayJoin: Bool = true
    ) async throws -> Sent {
        let relay = try relay()
        var (draft, built) = (draft, built)
        if let made = built, try holdsRevoked(made), try await !isKnown(item.room, relay: relay) {
            (draft, built) = (try startAnew(item, draft), nil)
        }
        for _ in 0..<Self.attempts {
            let made: BuiltRoom
            if let built { made = built } else { made = try await build(item, draft, relay: relay) }
            do {
                return try await post(made, item: item, relay: relay)
            } catch let problem as Problem where problem.code == .memberNotListed {
                // Never accepted: the call list has moved on, and the room is made anew from it.
                try await fetchCallLists(upTo: try await relay.info().callListVersion)
                (draft, built) = (try startAnew(item, draft), nil)
            } catch let problem as Problem where problem.code == .limitReached && kind == .sensor {
                return try await overflow(item, draft, problem, mayJoin: mayJoin)
            }
        }
        throw ClientError(.roomBusy, "the call list keeps changing", hint: "try again")
    }

    private func post(_ built: BuiltRoom, item: OutboxItem, relay: RelayConnection) async throws -> Sent {
        let receipts = try await relay.create(encoded: [UInt8](built.creation)).receipts
        let creation = try RoomCreation(decoding: [UInt8](built.creation))
        guard receipts.count == creation.entries.count, let last = receipts.last,
            receipts.enumerated().allSatisfy({ $1.seq == UInt64($0) + 1 })
        else { throw ClientError(.relayMisbehaved, "the relay's answer is not what the protocol says") }
        for receipt in receipts { try check(receipt, room: item.room, relay: relay) }
        try vault.write { db in
            try accept(creation, receipts: receipts, built: built, in: db)
            try db.delete(item)
        }
        // The group's first state was in the outbox.
        vault.truncateLog()
        try await pullQuietly(item.room)
        return Sent(
            room: item.room, seq: last.seq, time: last.time, unreachable: built.unreachable,
            uncleared: built.uncleared ?? [])
    }

    /// Enters an accepted room into the vault.
    private func accept(_ creation: RoomCreation, receipts: [Receipt], built: BuiltRoom, in db: VaultTransaction) throws
    {
        // Another process was quicker.
        guard try db.record(creation.room) == nil else { return }
        let group = try Group(serialized: SecretBytes(built.group))
        var record = RoomRecord(
            head: RoomHead(
                room: creation.room, kind: creation.kind, deduplication: built.deduplication.map { [UInt8]($0) },
                cursor: 0, readCursor: 0, relayChain: LogChain.start(room: creation.room)),
            group: group)
        var chain: [UInt8] = []
        try db.insert(record)
        for (post, receipt) in zip(creation.entries, receipts) {
            chain =
                post.entryClass == .commit
                ? LogReader.start(creation.room, group: group)
                : LogChain.next(
                    chain, seq: receipt.seq, time: receipt.time, poster: device, entryClass: post.entryClass,
                    payload: post.payload)
            let expected = LogChain.next(
                record.head.relayChain, seq: receipt.seq, time: receipt.time, poster: device,
                entryClass: post.entryClass,
                payload: post.payload)
            if receipt.chain != expected {
                try db.raise(
                    "the relay's receipts for room \(creation.room.short) are not for what was sent", at: now())
            }
            let fact =
                post.entryClass == .message
                ? StoredFact(kind: .event, author: device, time: receipt.time, event: built.event) : nil
            try db.append(
                fact, said: fact == nil ? nil : (device, built.event.id), isOwn: true, to: &record, seq: receipt.seq,
                chain: chain)
            // Found by whoever waits for it in another process, and compared with what the relay says later.
            try db.remember(sent: post.payload, event: post.event, fact: nil, room: creation.room)
            try db.keep(receipt, for: post.payload)
            record.head.cursor = receipt.seq
            record.head.relayChain = receipt.chain
        }
        record.head.readCursor = record.head.cursor
        try db.update(record)
    }

    // MARK: Once more

    /// Whether a room that is ready to be posted has somebody in it who was revoked meanwhile [R2].
    private func holdsRevoked(_ built: BuiltRoom) throws -> Bool {
        try !revoked(in: Group(serialized: SecretBytes(built.group)), under: newest().list).isEmpty
    }

    /// Whether the relay has the room: an answer that never came may have been a yes.
    private func isKnown(_ room: RoomID, relay: RelayConnection) async throws -> Bool {
        do {
            _ = try await relay.entries(of: room, after: 0, limit: 1)
            return true
        } catch let problem as Problem where problem.code == .roomUnknown {
            return false
        }
    }

    /// Forgets what was built, and claims other key packages.
    private func startAnew(_ item: OutboxItem, _ draft: RoomDraft) throws -> RoomDraft {
        var (item, draft) = (item, draft)
        draft.claim = .random()
        item.content = .creation(draft, built: nil)
        try vault.write { try $0.replace(item) }
        return draft
    }

    private func build(_ item: OutboxItem, _ draft: RoomDraft, relay: RelayConnection) async throws -> BuiltRoom {
        let newest = try newest()
        let (resolved, uncleared) = steps(of: draft, under: newest)
        let wanted = resolved.flatMap { $0.persons.flatMap { $0 } }.filter { $0 != device }
        let packages = try await claim(wanted, claim: draft.claim, relay: relay, list: newest.list)
        let steps = resolved.map { step in
            step.mapPersons { devices in
                let reached = devices.filter { packages[$0] != nil }
                return reached.isEmpty ? nil : reached
            }
        }
        if draft.kind == .page, steps.allSatisfy(\.callsNobody) {
            // The same claim would give the same answer for ever.
            _ = try startAnew(item, draft)
            throw ClientError(
                .nobodyToPage, "nobody on the policy can be called: no device has a key package at the relay",
                hint: "have their devices run `tocsin status` once, or page with another policy")
        }
        let built = try assemble(
            item, draft, steps: steps, packages: packages, newest: newest, wanted: wanted,
            uncleared: uncleared)
        return try vault.write { db in
            guard var stored = try db.outboxItem(item.id) else {
                throw ClientError(.roomBusy, "another process has sent it")
            }
            // One event, one room: what another process made of it first is what goes out.
            if case .creation(_, let other?) = stored.content, stored.event == item.event { return other }
            stored.content = .creation(draft, built: built)
            try db.replace(stored)
            return built
        }
    }

    // MARK: Key packages

    /// Key packages that are what the call list says they should be; others are as good as missing.
    private func claim(
        _ devices: [DeviceID], claim: EventID, relay: RelayConnection, list: CallList
    ) async throws -> [DeviceID: KeyPackage] {
        let wanted = Array(Set(devices)).filter { list.device($0) != nil }.sorted()
        guard !wanted.isEmpty else { return [:] }
        let answer = try await relay.claim(KeyPackageClaim(claim: claim, devices: wanted))
        let seconds = UInt64(max(0, now().timeIntervalSince1970))
        var packages: [DeviceID: KeyPackage] = [:]
        for item in answer.keyPackages where wanted.contains(item.device) {
            guard let package = try? KeyPackage(decoding: [UInt8](item.keyPackage)),
                package.leafNode.identity == item.device.bytes,
                package.leafNode.signatureKey == list.device(item.device)?.mlsKey.bytes
            else {
                try raise("the relay handed out a key package of device \(item.device.short) that is not its own")
                continue
            }
            guard package.lifetime.notBefore <= seconds, seconds < package.lifetime.notAfter else {
                try raise("the relay handed out a key package of device \(item.device.short) that is not valid now")
                continue
            }
            packages[item.device] = package
        }
        return packages
    }

    /// For `addMembers`, which claims on its own.
    func claimPackages(_ devices: [DeviceID]) async throws -> [DeviceID: KeyPackage] {
        try await claim(devices, claim: .random(), relay: relay(), list: newest().list)
    }
}
