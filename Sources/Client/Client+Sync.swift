/// What a synchronisation did.
public struct SyncReport: Sendable, Hashable {
    /// Things said that were not known here before.
    public let newFacts: Int
    /// What still waits to be sent.
    public let queued: Int
    /// Alarms that are new, oldest first; ``Client/alarms(closed:)`` has all.
    public let alarms: [Alarm]
}

extension Client {
    /// What can wait until a person has what they asked for: renews this device's keys in one room, where that is due and a
    /// relay was reached [R21]. A later command, or a watch, does what goes wrong here.
    public func finish() async {
        guard own.links.haveReached else { return }
        _ = try? await own.heal()
    }

    /// Catches up with the relay, then sends what waits.
    /// - Throws: `relayUnreachable`, `relayUnavailable`, `pinMismatch`, `revoked`, `notEnrolled`.
    @discardableResult
    public func sync() async throws -> SyncReport {
        let (lastRow, lastAlarm) = try vault.read { (try $0.lastLogRow(), try $0.lastAlarm()) }
        try await own.noticing { try await own.catchUp() }
        try await own.keepHouse()
        return try vault.read { db in
            SyncReport(
                newFacts: try db.facts(afterRow: lastRow).facts.count, queued: try db.queuedCount(),
                alarms: try db.alarms(after: lastAlarm))
        }
    }
}
