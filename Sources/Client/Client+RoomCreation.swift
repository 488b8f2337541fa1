import CallList
import Foundation
import GRDB
import Incident
import MLS
import RelayAPI
import Sodium
import WireFormat

/// Making a room: claim key packages, create the group, add everybody in one commit, encrypt the first event, post all of
/// it at once.
extension Client {
    /// Seconds that a relay keeps a closed room's log.
    static let retention: UInt32 = 30 * 86_400

    func create(_ item: OutboxItem, _ draft: RoomDraft, _ built: BuiltRoom?) async throws -> Sent {
        let relay = try relay()
        let built = if let built { built } else { try await build(item, draft, relay: relay) }
        let receipts = try await relay.create(encoded: [UInt8](built.creation)).receipts
        let creation = try RoomCreation(decoding: [UInt8](built.creation))
        guard receipts.count == creation.entries.count, let last = receipts.last else {
            throw ClientError(.relayMisbehaved, "the relay's answer is not what the protocol says")
        }
        for receipt in receipts { try check(receipt, room: item.room, relay: relay) }
        try vault.write { db in
            try accept(creation, receipts: receipts, built: built, in: db)
            try vault.delete(item, in: db)
        }
        _ = try await pull(item.room)
        return Sent(receipt: last, unreachable: built.unreachable)
    }

    /// Enters an accepted room into the vault.
    private func accept(_ creation: RoomCreation, receipts: [Receipt], built: BuiltRoom, in db: Database) throws {
        let group = try Group(serialized: SecretBytes(built.group))
        var record = RoomRecord(
            room: creation.room, kind: creation.kind, cursor: 0, readCursor: 0, closed: false, quarantined: nil,
            relayChain: LogChain.start(room: creation.room), deduplication: built.deduplication.map { [UInt8]($0) },
            group: group)
        var chain: [UInt8] = []
        try vault.insert(record, in: db)
        for (post, receipt) in zip(creation.entries, receipts) {
            chain =
                post.entryClass == .commit
                ? LogReader.start(creation.room, group: group)
                : LogChain.next(
                    chain, seq: receipt.seq, time: receipt.time, poster: device, entryClass: post.entryClass,
                    payload: post.payload)
            let fact =
                post.entryClass == .message
                ? StoredFact(kind: .event, author: device, time: receipt.time, event: built.event) : nil
            try vault.append(fact, room: creation.room, seq: receipt.seq, chain: chain, in: db)
            record.cursor = receipt.seq
            record.relayChain = receipt.chain
        }
        record.readCursor = record.cursor
        try vault.update(record, in: db)
    }

    // MARK: Building

    private func build(_ item: OutboxItem, _ draft: RoomDraft, relay: RelayConnection) async throws -> BuiltRoom {
        let newest = try newest()
        let wanted = draft.steps.flatMap { $0.persons.flatMap { $0 } }.filter { $0 != device }
        let packages = try await claim(wanted, claim: item.event, relay: relay, list: newest.list)
        let steps = draft.steps.map { step in
            ResolvedStep(
                after: step.after, need: step.need,
                persons: step.persons.map { $0.filter { packages[$0] != nil } }.filter { !$0.isEmpty })
        }
        if draft.kind == .page, steps.allSatisfy({ $0.persons.isEmpty }) {
            throw ClientError(
                .nobodyToPage, "nobody on the policy can be called: no device has a key package at the relay",
                hint: "have their devices run `tocsin status` once, or page with another policy")
        }
        let built = try assemble(item, draft, steps: steps, packages: packages, newest: newest, wanted: wanted)
        try vault.write { db in
            var item = item
            item.content = .creation(draft, built: built)
            try vault.replace(item, in: db)
        }
        return built
    }

    /// Key packages that are what the call list says they should be; others are as good as missing.
    private func claim(
        _ devices: [DeviceID], claim: EventID, relay: RelayConnection, list: CallList
    ) async throws -> [DeviceID: KeyPackage] {
        let wanted = Array(Set(devices)).filter { list.device($0) != nil }.sorted()
        guard !wanted.isEmpty else { return [:] }
        let answer = try await relay.claim(KeyPackageClaim(claim: claim, devices: wanted))
        var packages: [DeviceID: KeyPackage] = [:]
        for item in answer.keyPackages {
            guard let package = try? KeyPackage(decoding: [UInt8](item.keyPackage)),
                package.leafNode.identity == item.device.bytes,
                package.leafNode.signatureKey == list.device(item.device)?.mlsKey.bytes
            else {
                try raise("the relay handed out a key package of device \(item.device.short) that is not its own")
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

    private func assemble(
        _ item: OutboxItem, _ draft: RoomDraft, steps: [ResolvedStep], packages: [DeviceID: KeyPackage],
        newest: KnownCallList, wanted: [DeviceID]
    ) throws -> BuiltRoom {
        // Each device gets its Welcome with the first step that calls it.
        var seen: Set<DeviceID> = []
        let byStep = steps.map { step in step.persons.flatMap { $0 }.filter { seen.insert($0).inserted } }
        let order = byStep.flatMap { $0 }
        let policy = RoomPolicy(
            kind: draft.kind, incident: item.room.bytes, homeRelay: newest.list.relays.first?.id ?? "",
            leads: draft.leads, tlpCeiling: draft.tlp, retention: Self.retention, exercise: draft.exercise,
            pin: newest.pin)
        let judge = RoomJudge(room: item.room, lists: lists, time: now(), occasion: .creating)
        let group = try Group.create(
            id: item.room.bytes, identity: device.bytes, signer: identity.keys.mls,
            capabilities: RoomPolicy.capabilities, lifetime: lifetime, extensions: policy.extensions, judge: judge)
        let header = CommitHeader(
            baseSeq: 0, chain: LogReader.start(item.room, group: group), adds: order, removes: [],
            callListVersion: policy.pin.version, callListDigest: policy.pin.digest)
        var plan = CommitPlan()
        plan.adds = order.compactMap { packages[$0] }
        plan.authenticatedData = header.encoded
        plan.welcomeSplit = Self.split(byStep)
        let commit = try group.commit(plan, signer: identity.keys.mls, judge: judge)
        var next = commit.next
        let event = try firstEvent(item, draft, steps: steps, group: next, newest: newest)
        let message = try next.protect([UInt8](JSONEncoder().encode(event)), signer: identity.keys.mls)

        let numbers = byStep.indices.filter { !byStep[$0].isEmpty }
        let welcomes = zip(numbers, commit.welcomes).map { number, welcome in
            WelcomeDelivery(
                step: draft.kind == .page ? UInt8(number + 1) : 0, devices: byStep[number], welcome: welcome)
        }
        let creation = RoomCreation(
            room: item.room, event: item.event, kind: draft.kind, retention: Self.retention, horizon: draft.horizon,
            steps: draft.kind == .page ? steps.map { Self.relayStep($0) } : [],
            entries: [
                EntryPost(
                    event: .random(), entryClass: .commit, baseSeq: 0,
                    payload: CommitPayload(header: header, commit: commit.message).encoded, welcomes: welcomes),
                EntryPost(event: event.id, entryClass: .message, baseSeq: 1, payload: message),
            ])
        return BuiltRoom(
            creation: Data(creation.encoded), group: Data(next.serialized().exposedCopy()),
            deduplication: deduplicationTag(draft).map { Data($0) },
            unreachable: Array(Set(wanted)).filter { packages[$0] == nil }.sorted(), event: event)
    }

    /// Positions of the added devices, one list for each step that adds any.
    private static func split(_ byStep: [[DeviceID]]) -> [[Int]] {
        var next = 0
        return byStep.filter { !$0.isEmpty }.map { devices in
            defer { next += devices.count }
            return Array(next..<next + devices.count)
        }
    }

    private static func relayStep(_ step: ResolvedStep) -> EscalationStep {
        EscalationStep(
            delay: step.after, need: UInt16(clamping: step.need.count(of: step.persons.count)), persons: step.persons)
    }

    private func firstEvent(
        _ item: OutboxItem, _ draft: RoomDraft, steps: [ResolvedStep], group: Group, newest: KnownCallList
    ) throws -> Event {
        let content: EventContent
        switch draft.purpose {
        case .page(let page):
            content = .page(
                page.notice(
                    plan: steps.map { step in
                        PageNotice.Step(
                            after: step.after, need: UInt16(clamping: step.need.count(of: step.persons.count)),
                            persons: step.persons)
                    }))
        case .incident(let title, let page, let notice):
            content = .incident(IncidentOpening(title: title, page: page, notice: notice))
        }
        try content.validate(in: draft.kind)
        return Event(
            id: item.event, at: draft.at, tlp: draft.tlp, content: content,
            seen: Event.Seen(seq: 1, chain: Data(LogReader.start(item.room, group: group))),
            callList: Event.CallListMark(version: newest.list.version, digest: newest.list.digest))
    }

    /// What repeats find the room by; a keyed hash, so that the vault's clear columns tell nothing [R15].
    func deduplicationTag(_ draft: RoomDraft) -> [UInt8]? {
        guard case .page(let page) = draft.purpose, let key = page.deduplicationKey else { return nil }
        return deduplicationTag(key)
    }

    func deduplicationTag(_ key: String) -> [UInt8] { vault.indexTag(Array(key.utf8), purpose: "deduplication") }
}
