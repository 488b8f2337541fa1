import CallList
import Foundation
import RelayAPI
import SQLite
import Terms

extension SQLiteStore {
    func put(
        _ upload: KeyPackageUpload, of device: Device, limit: Int, at now: Timestamp
    ) async throws -> KeyPackageStock {
        try await write(device.lane) { db, _ in
            try reserve.check(upload.keyPackages.reduce(0) { $0 + $1.keyPackage.count }, in: db)
            guard upload.keyPackages.allSatisfy({ $0.notAfter > now }) else {
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
                    INSERT INTO key_packages (reference, device, not_after, last_resort, bytes)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING
                    """,
                    [item.reference, Data(device.id.bytes), item.notAfter.stored, item.lastResort, item.keyPackage])
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

    func stock(of device: DeviceID, at now: Timestamp) async throws -> KeyPackageStock {
        try await read { try Self.stock(of: device, at: now, in: $0) }
    }

    private static func stock(of device: DeviceID, at now: Timestamp, in db: Connection) throws -> KeyPackageStock {
        guard
            let row = try db.row(
                """
                SELECT count(*) FILTER (WHERE NOT last_resort AND NOT used), count(*) FILTER (WHERE last_resort),
                    count(*) FILTER (WHERE last_resort AND used)
                FROM key_packages WHERE device = ? AND not_after > ?
                """, [Data(device.bytes), now.stored])
        else {
            throw SQLiteError.damaged
        }
        return KeyPackageStock(
            unclaimed: try row.count(0), hasLastResort: try row.unsigned(1) > 0,
            lastResortUsed: try row.unsigned(2) > 0)
    }

    /// One package for each device, handed out once; the last resort's again and again [R14].
    func claim(
        _ claim: KeyPackageClaim, by device: Device, limits: RelayLimits, at now: Timestamp
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
                if let item = try Self.take(from: wanted, at: now, in: db) {
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
                [
                    Data(device.id.bytes), Data(claim.claim.bytes), stored, now.stored,
                ])
            return answer
        }
    }

    private static func take(
        from device: DeviceID, at now: Timestamp, in db: Connection
    ) throws -> KeyPackageClaimAnswer.Item? {
        guard
            let row = try db.row(
                """
                SELECT reference, last_resort, bytes FROM key_packages
                WHERE device = ? AND not_after > ? AND (last_resort OR NOT used) ORDER BY last_resort, rowid LIMIT 1
                """, [Data(device.bytes), now.stored])
        else { return nil }
        let reference = try row.data(0)
        let isLastResort = try row.flag(1)
        let bytes = try row.data(2)
        try db.run(
            isLastResort
                ? "UPDATE key_packages SET used = 1 WHERE reference = ?"
                : "UPDATE key_packages SET used = 1, bytes = x'' WHERE reference = ?", [reference])
        return KeyPackageClaimAnswer.Item(device: device, keyPackage: bytes, lastResort: isLastResort)
    }
}
