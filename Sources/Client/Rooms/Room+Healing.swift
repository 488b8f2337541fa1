import CallList
import Foundation
import MLS
import RelayAPI
import Terms

extension OwnDevice {
    /// Heals one room at the most, where that is due: what people say comes first, and a device with many rooms does not fill
    /// a relay with commits [R3].
    /// - Returns: whether the relay took it.
    @discardableResult
    func heal() async throws -> Bool {
        guard healing != nil, let room = try vault.read({ try $0.roomToHeal(at: time) }) else { return false }
        return try await Room(room, of: self).heal()
    }
}

extension Room {
    /// Renews this device's keys in the room by a commit that does nothing else. Whatever comes of it, it is drawn anew when
    /// that is tried again.
    fileprivate func heal() async throws -> Bool {
        let isHealed: Bool
        do {
            isHealed = try await own.relaying { try await renewKeys() }
        } catch let error as ClientError where !error.stopsAll {
            isHealed = false
        }
        if !isHealed { try vault.write { try postponeHealing(in: $0) } }
        return isHealed
    }

    /// One try: where another commit came first, that is another draw, not another try.
    private func renewKeys() async throws -> Bool {
        guard try isToBeHealed() else { return false }
        try await pull()
        guard try isToBeHealed(), case .made(let event) = try prepare(plan: healingPlan) else { return false }
        do {
            guard case .accepted = try await settle(only: event) else { return false }
            return true
        } catch let problem as Problem where problem.isBeforeTaking {
            // It must not stand before what people say.
            try dropPending(event)
            return false
        }
    }

    /// Not while something else waits to be sent, which goes first.
    private func isToBeHealed() throws -> Bool {
        try vault.read { db in
            guard let head = try db.head(id), head.isWritable else { return false }
            return try db.pendingCommit(of: id) == nil && !db.isQueued(for: id)
        }
    }

    private func healingPlan(_ group: Group, _ policy: RoomPolicy) throws -> PlannedCommit? {
        PlannedCommit(plan: try revocation(in: group, policy) ?? CommitPlan())
    }

    private func postponeHealing(in db: VaultTransaction) throws {
        // Another process may have done it.
        guard var record = try db.record(id), let due = record.head.healing, Healing.isDue(due, at: own.time)
        else { return }
        record.head.healing = own.healing?.soon(record.group?.devices.count ?? 0, after: own.time)
        try db.update(record)
    }
}

extension Problem {
    /// Whether a passing refusal says that the relay has not taken what was posted: not so where it broke off.
    fileprivate var isBeforeTaking: Bool { code == .rateLimited || code == .storageFull || code == .callListUnknown }
}
