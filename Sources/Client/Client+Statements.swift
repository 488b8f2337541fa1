import CallList
import Escalation
import Foundation
import Incident
import RelayAPI
import Sodium
public import Terms

/// What a person says about a page, signed [R11].
extension Client {
    /// Says that this person has it: stops the escalation.
    public func acknowledge(_ room: RoomID) async throws -> Delivery { try await state(.ack, room) }

    /// Takes acknowledgements back: the escalation goes on as if they had never been given.
    /// - Parameter member: whose; nil for this person's own.
    /// - Throws: `inputRefused` for a member whom the call list does not have.
    public func unacknowledge(_ room: RoomID, of member: MemberID? = nil) async throws -> Delivery {
        // What is known here is taken back also where the relay cannot be reached.
        _ = try? await sync()
        let acks = try vault.read { try acknowledgements(in: room, of: member, $0) }
        let most = RelayAPI.Statement.mostNamed
        let parts = stride(from: 0, to: acks.count, by: most).map { Array(acks[$0..<min($0 + most, acks.count)]) }
        guard let last = parts.last else {
            let whose = try member.map { "\(try trust.team().member($0)?.name ?? $0.description) has" } ?? "you have"
            return .needless(reason: "\(whose) no acknowledgement in page \(room.short) that holds")
        }
        for part in parts.dropLast() { _ = try await state(.unack(part), room) }
        return try await state(.unack(last), room)
    }

    /// Has the next step called at once.
    public func escalate(_ room: RoomID) async throws -> Delivery { try await state(.escalate, room) }

    /// Has a page go on that has ended. Whoever was called may, for an hour after its end [R12].
    public func reopen(_ room: RoomID) async throws -> Delivery { try await state(.reopen, room) }

    /// Says that the trouble is over. The page ends as soon as as many persons say so as must.
    public func resolve(_ room: RoomID, note: String) async throws -> Delivery {
        try checkStates(room)
        if !note.isEmpty {
            _ = try await say(.resolve(Resolution(note: note)), tlp: nil, in: room)
        }
        return try await state(.resolved, room)
    }

    private func checkStates(_ room: RoomID) throws {
        guard self.kind == .person else { throw ClientError(.notPermitted, "a sensor cannot acknowledge") }
        guard try Room(room, of: own).openHead().kind == .page else {
            throw ClientError(.inputRefused, "room \(room.short) is no page, so there is nothing to acknowledge")
        }
        guard try vault.read({ try $0.page(of: room)?.plan.person(of: device) }) != nil else {
            throw ClientError(
                .notPermitted, "page \(room.short) does not call you: only those whom it calls have a say",
                hint:
                    "ask one of them (tocsin read \(room.short) shows who), or open a room: tocsin open --from \(room.short)"
            )
        }
    }

    private func state(_ kind: RelayAPI.Statement.Kind, _ room: RoomID) async throws -> Delivery {
        try checkStates(room)
        let event = EventID.random()
        let queued = try vault.write { db in
            try db.queue(
                .statement(try own.signed(kind, room, event: event, in: db), alert: nil), event: event, room: room)
        }
        return try await outbox.deliver(queued).delivery
    }

    /// Acknowledgements that were not taken back, those that still wait in the outbox too.
    private func acknowledgements(
        in room: RoomID, of member: MemberID?, _ db: VaultTransaction
    ) throws -> [StatementDigest] {
        guard let page = try db.page(of: room) else { return [] }
        let devices: [DeviceID]
        if let member {
            guard let known = try trust.team().member(member) else {
                throw ClientError(
                    .inputRefused, "the call list has no member \(member)", hint: "see: tocsin calllist show")
            }
            devices = known.devices
        } else {
            devices = [device]
        }
        let persons = Set(devices.compactMap(page.plan.person))
        let given = page.state.acknowledgements.filter { persons.contains($0.person) && !$0.isVoid }.map(\.digest)
        return try member == nil ? given + queuedAcknowledgements(in: room, db) : given
    }

    private func queuedAcknowledgements(in room: RoomID, _ db: VaultTransaction) throws -> [StatementDigest] {
        try db.outbox().filter { $0.room == room }.compactMap { item in
            guard case .statement(let bytes, _) = item.content else { return nil }
            let said = try UnverifiedStatement(decoding: [UInt8](bytes)).verify(by: own.keys.mls.publicKey)
            return said.statement.kind == .ack || said.statement.kind == .resolved ? said.digest : nil
        }
    }
}

extension OwnDevice {
    /// A statement of this device, with what it has seen of the room's log. Of a page that still waits in the outbox it has
    /// seen nothing.
    func signed(
        _ kind: RelayAPI.Statement.Kind, _ room: RoomID, event: EventID, in db: VaultTransaction
    ) throws -> Data {
        let head = try db.head(room)
        let seen = RelayAPI.Statement.Seen(
            seq: head?.cursor ?? 0, chain: Data(head?.relayChain ?? LogChain.start(room: room)))
        let statement = RelayAPI.Statement(kind, room: room, device: id, event: event, at: time, seen: seen)
        return Data(try statement.signed(by: keys.mls))
    }
}
