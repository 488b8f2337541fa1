import CallList
import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    func put(
        _ upload: KeyPackageUpload, of device: Device, limit: Int, at now: Moment
    ) async throws -> KeyPackageStock {
        try await write(device.lane) { db, _ in
            try reserve.check(upload.keyPackages.reduce(0) { $0 + $1.keyPackage.count }, in: db)
            guard upload.keyPackages.allSatisfy({ $0.notAfter > now.earliest }) else {
                throw Problem.keyPackageRefused("one has expired")
            }
            let lastResorts = upload.keyPackages.filter(\.lastResort)
            guard lastResorts.count <= 1 else { throw Problem.keyPackageRefused("one last resort is enough") }
            if let next = lastResorts.first {
                // The same one again keeps its mark.
                try db.run(
                    "DELETE FROM key_packages WHERE device = ? AND last_resort AND reference <> ?",
                    [Data(device.id.bytes), next.reference])
            }
            for item in upload.keyPackages {
                // One that was handed out, or is another device's, stays what it is.
                try db.run(
                    """
                    INSERT INTO key_packages (reference, device, not_after, keep_until, last_resort, bytes)
                    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING
                    """,
                    [
                        item.reference, device.id, item.notAfter, Self.keepUntil(item.notAfter, now), item.lastResort,
                        item.keyPackage,
                    ])
            }
            let kept = try db.number("SELECT count(*) FROM key_packages WHERE device = ?", [device.id]) ?? 0
            // Those that were handed out stay as rows: so many, and no more until some expire.
            guard kept <= Int64(limit) * Self.rowsForEachPackage else {
                throw Problem.limitReached("too many key packages of the device were handed out")
            }
            let stock = try Self.stock(of: device.id, at: now, in: db)
            guard stock.unclaimed <= limit else {
                throw Problem.limitReached("a device keeps at most \(limit) key packages here")
            }
            return stock
        }
    }

    private static let rowsForEachPackage: Int64 = 100

    /// By the least reading: a key package is good as long as one of the clocks says so, since who claims it looks at its
    /// lifetime, too, and nothing is destroyed by one clock [R18].
    private static func keepUntil(_ notAfter: Timestamp, _ now: Moment) -> Elapsed {
        let rest = notAfter > now.earliest ? notAfter.milliseconds - now.earliest.milliseconds : 0
        return now.passed.least + Elapsed(milliseconds: rest)
    }

    func stock(of device: DeviceID, at now: Moment) async throws -> KeyPackageStock {
        try await read { try Self.stock(of: device, at: now, in: $0) }
    }

    private static func stock(of device: DeviceID, at now: Moment, in db: Connection) throws -> KeyPackageStock {
        guard
            let row = try db.row(
                """
                SELECT count(*) FILTER (WHERE NOT last_resort AND NOT used), count(*) FILTER (WHERE last_resort),
                    count(*) FILTER (WHERE last_resort AND used)
                FROM key_packages WHERE device = ?1 AND not_after > ?2 AND keep_until > ?3
                """, [device, now.time, now.passed.least])
        else {
            throw SQLiteError.damaged
        }
        return KeyPackageStock(
            unclaimed: try row.count(0), hasLastResort: try row.unsigned(1) > 0,
            lastResortUsed: try row.unsigned(2) > 0)
    }

    /// One package for each device, handed out once; the last resort's again and again [R14]. None of a device that a room
    /// would not take in.
    func claim(
        _ claim: KeyPackageClaim, by device: Device, under list: CallList, limits: RelayLimits, at now: Moment
    ) async throws -> KeyPackageClaimAnswer {
        try await write(device.lane) { db, _ in
            if let row = try db.row(
                "SELECT answer FROM claims WHERE claimer = ? AND claim = ?", [device.id, claim.claim])
            {
                return try JSONDecoder().decode(KeyPackageClaimAnswer.self, from: row.data(0))
            }
            var items: [KeyPackageClaimAnswer.Item] = []
            var missing: [DeviceID] = []
            var asked: Set<DeviceID> = []
            for wanted in claim.devices where asked.insert(wanted).inserted {
                if list.isInTime(wanted, at: now.earliest.date),
                    let item = try Self.take(from: wanted, by: device.id, limits: limits, at: now, in: db)
                {
                    items.append(item)
                } else {
                    missing.append(wanted)
                }
            }
            let answer = KeyPackageClaimAnswer(keyPackages: items, missing: missing)
            let stored = try JSONEncoder().encode(answer)
            // A page needs it.
            try StoredBytes.count(stored.count, of: device.id, isFirst: true, limits: limits, in: db)
            try db.run(
                "INSERT INTO claims (claimer, claim, answer, at) VALUES (?, ?, ?, ?)",
                [Data(device.id.bytes), Data(claim.claim.bytes), stored, now.passed.least])
            return answer
        }
    }

    /// Who claims more than pages need gets what can be handed out again and again, and leaves the rest for others [R14].
    private static func isWithinBudget(
        _ claimer: DeviceID, _ target: DeviceID, limits: RelayLimits, at now: Moment, in db: Connection
    ) throws -> Bool {
        let kept = try db.first(
            "SELECT full_at FROM claim_budgets WHERE claimer = ? AND target = ?", [claimer, target]
        ) { try $0.elapsed(0) }
        var budget = Budget(fullAt: kept ?? .zero)
        guard budget.take(at: now.passed.most, limits.claimRate) == nil else { return false }
        try db.run(
            "REPLACE INTO claim_budgets (claimer, target, full_at) VALUES (?, ?, ?)", [claimer, target, budget.fullAt])
        return true
    }

    private struct Found {
        let reference: Data
        let isLastResort: Bool
        let bytes: Data
    }

    private static func take(
        from device: DeviceID, by claimer: DeviceID, limits: RelayLimits, at now: Moment, in db: Connection
    ) throws -> KeyPackageClaimAnswer.Item? {
        guard var found = try find(of: device, onlyLastResort: false, at: now, in: db) else { return nil }
        // The budget is of what can be handed out once: nothing is written for who has none, or is nobody.
        if !found.isLastResort, try !isWithinBudget(claimer, device, limits: limits, at: now, in: db) {
            guard let last = try find(of: device, onlyLastResort: true, at: now, in: db) else { return nil }
            found = last
        }
        try db.run(
            found.isLastResort
                ? "UPDATE key_packages SET used = 1 WHERE reference = ?"
                : "UPDATE key_packages SET used = 1, bytes = x'' WHERE reference = ?", [found.reference])
        return KeyPackageClaimAnswer.Item(
            device: device, keyPackage: found.bytes, lastResort: found.isLastResort)
    }

    /// What is good by both clocks goes before what is good by one.
    private static func find(
        of device: DeviceID, onlyLastResort: Bool, at now: Moment, in db: Connection
    ) throws -> Found? {
        try db.first(
            """
            SELECT reference, last_resort, bytes FROM key_packages
            WHERE device = ?1 AND (not_after > ?2 OR keep_until > ?3) AND (last_resort OR NOT used AND NOT ?4)
            ORDER BY not_after > ?2 AND keep_until > ?3 DESC, last_resort, rowid LIMIT 1
            """, [device, now.time, now.passed.least, onlyLastResort]
        ) { Found(reference: try $0.data(0), isLastResort: try $0.flag(1), bytes: try $0.data(2)) }
    }
}
