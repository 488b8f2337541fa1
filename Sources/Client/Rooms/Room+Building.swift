import CallList
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
import Terms
import WireFormat

/// A new room's group, with everybody in one commit, and its first event.
extension Room {
    /// Seconds that a relay keeps a closed room's log.
    static let retention: UInt32 = 30 * 86_400
    /// The number of the commit that makes a room: its log begins with it.
    static let foundingCommit: UInt64 = 1

    func assemble(
        _ item: OutboxItem, _ draft: RoomDraft, steps: [Step], packages: [DeviceID: KeyPackage],
        newest: KnownCallList, wanted: [DeviceID], uncleared: [DeviceID]
    ) throws -> BuiltRoom {
        // Each device gets its Welcome with the first step that calls it.
        var seen: Set<DeviceID> = []
        let byStep = steps.map { step in
            step.persons.flatMap { $0 }.filter { $0 != own.id && seen.insert($0).inserted }
        }
        let order = byStep.flatMap { $0 }
        // Those who are to lead do so with each of their devices that is there.
        let leads = ([own.id] + order).filter { device in
            if let reopening = draft.reopening { return reopening.leads.contains(device) }
            return newest.team?.member(of: device).map { draft.leads.contains($0.id) } ?? false
        }
        let policy = RoomPolicy(
            kind: draft.kind, incident: draft.reopening?.incident ?? id.bytes,
            compartment: draft.reopening?.compartment ?? "", homeRelay: newest.list.relays.first?.id ?? "",
            leads: leads, tlpCeiling: draft.tlp, retention: Self.retention, exercise: draft.exercise,
            pin: newest.pin, succeeds: draft.reopening?.succession)
        let judge = RoomJudge(room: id, lists: own.lists, time: trust.clocks.earliest, occasion: .creating)
        let group = try Group.create(
            id: id.bytes, identity: own.id.bytes, signer: own.keys.mls,
            capabilities: RoomPolicy.capabilities, lifetime: own.keyPackageLifetime, extensions: policy.extensions,
            judge: judge)
        let header = CommitHeader(
            baseSeq: 0, parent: 0, chain: LogReader.start(id, group: group), at: own.time, adds: order, removes: [],
            leads: draft.kind == .incident ? leads : nil, callListVersion: policy.pin.version,
            callListDigest: policy.pin.digest)
        var plan = CommitPlan()
        plan.adds = order.compactMap { packages[$0] }
        plan.authenticatedData = header.encoded
        plan.welcomeSplit = Self.split(byStep)
        let commit = try group.commit(plan, signer: own.keys.mls, judge: judge)
        var next = commit.next
        let event = try firstEvent(item, draft, steps: steps, group: next, newest: newest)
        let message = try next.protect([UInt8](JSONEncoder().encode(event)), signer: own.keys.mls)

        let numbers = byStep.indices.filter { !byStep[$0].isEmpty }
        let welcomes = zip(numbers, commit.welcomes).map { number, welcome in
            WelcomeDelivery(
                step: draft.kind == .page ? UInt8(number + 1) : 0, devices: byStep[number], welcome: welcome)
        }
        let creation = RoomCreation(
            room: id, event: item.event, kind: draft.kind, retention: Self.retention, horizon: draft.horizon,
            close: draft.kind == .page ? close(draft, steps: steps) : 0, steps: draft.kind == .page ? steps : [],
            entries: [
                EntryPost(
                    event: .random(), entryClass: .commit, baseSeq: 0,
                    payload: CommitPayload(header: header, commit: commit.message).encoded, welcomes: welcomes),
                EntryPost(
                    event: event.id, entryClass: .message, baseSeq: Self.foundingCommit,
                    parent: Self.foundingCommit, payload: message),
            ])
        return BuiltRoom(
            creation: Data(creation.encoded), homeRelay: policy.homeRelay, group: Data(next.serialized().exposedCopy()),
            deduplication: own.deduplicationTag(draft).map { Data($0) },
            unreachable: Array(Set(wanted)).filter { packages[$0] == nil }.sorted(), uncleared: uncleared,
            event: event)
    }

    /// Positions of the added devices, one list for each step that adds any.
    private static func split(_ byStep: [[DeviceID]]) -> [[Int]] {
        var next = 0
        return byStep.filter { !$0.isEmpty }.map { devices in
            defer { next += devices.count }
            return Array(next..<next + devices.count)
        }
    }

    /// How many persons must agree that a page is over: as its policy says, else two for a sensor's critical page, and never
    /// more than it calls [R12].
    private func close(_ draft: RoomDraft, steps: [Step]) -> UInt16 {
        guard case .page(let page, _) = draft.purpose else { return 0 }
        let usual: UInt16 = own.keys.kind == .sensor && page.severity == .critical ? 2 : 1
        let called = Plan(room: id, steps: steps).persons.count
        return max(1, min(draft.close ?? usual, UInt16(clamping: called)))
    }

    private func firstEvent(
        _ item: OutboxItem, _ draft: RoomDraft, steps: [Step], group: Group, newest: KnownCallList
    ) throws -> Event {
        let content: EventContent
        switch draft.purpose {
        case .page(let page, _):
            content = .page(
                page.notice(
                    plan: steps, horizon: draft.horizon, close: close(draft, steps: steps),
                    isAlert: own.keys.kind == .sensor))
        case .incident(let title, let page, let notice):
            content = .incident(IncidentOpening(title: title, page: page, notice: notice))
        }
        try content.validate(in: draft.kind)
        return Event(
            id: item.event, at: draft.at, tlp: draft.tlp, content: content,
            seen: Event.Seen(seq: 1, chain: Data(LogReader.start(id, group: group))),
            callList: Event.CallListMark(version: newest.list.version, digest: newest.list.digest))
    }
}

extension OwnDevice {
    /// What repeats find the room by; a keyed hash, so that the vault's clear columns tell nothing [R15].
    func deduplicationTag(_ draft: RoomDraft) -> [UInt8]? {
        guard case .page(let page, _) = draft.purpose, let key = page.deduplicationKey else { return nil }
        return deduplicationTag(key)
    }

    func deduplicationTag(_ key: String) -> [UInt8] { vault.cipher.indexTag(Array(key.utf8), purpose: "deduplication") }
}
