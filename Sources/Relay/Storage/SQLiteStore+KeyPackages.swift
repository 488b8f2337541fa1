import CallList
import Foundation
import GRDB
import RelayAPI

extension SQLiteStore {
    func put(
        _ upload: KeyPackageUpload, of device: DeviceID, limit: Int, at now: RelayTime
    ) async throws -> KeyPackageStock {
        try await writer.write { db in
            let stock = try Self.stock(of: device, at: now, in: db)
            guard stock.unclaimed + upload.keyPackages.count(where: { !$0.lastResort }) <= limit else {
                throw Problem.limitReached("a device keeps at most \(limit) key packages here")
            }
            if upload.keyPackages.contains(where: \.lastResort) {
                try db.execute(
                    sql: "DELETE FROM key_packages WHERE device = ? AND last_resort", arguments: [Data(device.bytes)])
            }
            for item in upload.keyPackages {
                try db.execute(
                    sql: """
                        INSERT INTO key_packages (reference, device, not_after, last_resort, bytes)
                        VALUES (?, ?, ?, ?, ?) ON CONFLICT (reference) DO NOTHING
                        """,
                    arguments: [
                        item.reference, Data(device.bytes), Int64(clamping: item.notAfter.milliseconds),
                        item.lastResort, item.keyPackage,
                    ])
            }
            return try Self.stock(of: device, at: now, in: db)
        }
    }

    func stock(of device: DeviceID, at now: RelayTime) async throws -> KeyPackageStock {
        try await read { try Self.stock(of: device, at: now, in: $0) }
    }

    private static func stock(of device: DeviceID, at now: RelayTime, in db: Database) throws -> KeyPackageStock {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT count(*) FILTER (WHERE NOT last_resort) AS unclaimed,
                    count(*) FILTER (WHERE last_resort) AS last_resorts,
                    count(*) FILTER (WHERE last_resort AND used) AS used
                FROM key_packages WHERE device = ? AND not_after > ?
                """, arguments: [Data(device.bytes), Int64(now.milliseconds)])
        let unclaimed: Int = row?["unclaimed"] ?? 0
        let lastResorts: Int = row?["last_resorts"] ?? 0
        let used: Int = row?["used"] ?? 0
        return KeyPackageStock(unclaimed: unclaimed, hasLastResort: lastResorts > 0, lastResortUsed: used > 0)
    }

    /// One package for each device, handed out once; the last resort's again and again [R14].
    func claim(
        _ claim: KeyPackageClaim, by device: DeviceID, at now: RelayTime
    ) async throws -> KeyPackageClaimAnswer {
        try await writer.write { db in
            if let answer = try Data.fetchOne(
                db, sql: "SELECT answer FROM claims WHERE claimer = ? AND claim = ?",
                arguments: [Data(device.bytes), Data(claim.claim.bytes)])
            {
                return try JSONDecoder().decode(KeyPackageClaimAnswer.self, from: answer)
            }
            var items: [KeyPackageClaimAnswer.Item] = []
            var missing: [DeviceID] = []
            for wanted in claim.devices {
                if let item = try Self.take(from: wanted, at: now, in: db) {
                    items.append(item)
                } else {
                    missing.append(wanted)
                }
            }
            let answer = KeyPackageClaimAnswer(keyPackages: items, missing: missing)
            try db.execute(
                sql: "INSERT INTO claims (claimer, claim, answer, at) VALUES (?, ?, ?, ?)",
                arguments: [
                    Data(device.bytes), Data(claim.claim.bytes), try JSONEncoder().encode(answer),
                    Int64(now.milliseconds),
                ])
            return answer
        }
    }

    private static func take(
        from device: DeviceID, at now: RelayTime, in db: Database
    ) throws -> KeyPackageClaimAnswer.Item? {
        guard
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT reference, last_resort, bytes FROM key_packages WHERE device = ? AND not_after > ?
                    ORDER BY last_resort, rowid LIMIT 1
                    """, arguments: [Data(device.bytes), Int64(now.milliseconds)])
        else { return nil }
        let reference: Data = row["reference"]
        let isLastResort: Bool = row["last_resort"]
        try db.execute(
            sql: isLastResort
                ? "UPDATE key_packages SET used = 1 WHERE reference = ?"
                : "DELETE FROM key_packages WHERE reference = ?",
            arguments: [reference])
        return KeyPackageClaimAnswer.Item(device: device, keyPackage: row["bytes"], lastResort: isLastResort)
    }
}
