import Foundation
import MLS
import SQLite
import Sodium

/// The private halves of the key packages that relays hold.
extension VaultTransaction {
    func store(_ bundles: [KeyPackageBundle]) throws {
        for bundle in bundles {
            let reference = Data(bundle.reference)
            try connection.run(
                "INSERT INTO key_packages (reference, not_after, last_resort, sealed) VALUES (?, ?, ?, ?)",
                [
                    reference, Int64(bundle.keyPackage.lifetime.notAfter), bundle.keyPackage.isLastResort,
                    try cipher.sealSecret(bundle.serialized(), place: Self.place(reference)),
                ])
        }
    }

    func keyPackage(_ reference: [UInt8]) throws -> KeyPackageBundle? {
        let reference = Data(reference)
        guard
            let row = try connection.row("SELECT sealed FROM key_packages WHERE reference = ?", [reference])
        else { return nil }
        return try KeyPackageBundle(serialized: cipher.openSecret(row.data("sealed"), place: Self.place(reference)))
    }

    /// Notes that the relay has another last-resort package than those before it.
    func replaceLastResort(by reference: [UInt8], at now: Date) throws {
        try connection.run(
            """
            UPDATE key_packages SET replaced_at = ?
            WHERE last_resort AND reference <> ? AND replaced_at IS NULL
            """,
            [Int64(now.timeIntervalSince1970), Data(reference)])
    }

    /// Deletes last-resort packages that were replaced before `date`: whoever claimed one has used it by then.
    func deleteReplacedKeyPackages(before date: Date) throws {
        try connection.run("DELETE FROM key_packages WHERE replaced_at < ?", [Int64(date.timeIntervalSince1970)])
    }

    // MARK: Welcomes

    func isUsed(welcome: [UInt8]) throws -> Bool {
        try connection.row("SELECT 1 FROM used_welcomes WHERE hash = ?", [Data(SHA256.hash(welcome))]) != nil
    }

    func markUsed(welcome: [UInt8]) throws {
        try connection.run("INSERT INTO used_welcomes (hash) VALUES (?)", [Data(SHA256.hash(welcome))])
    }

    /// Deletes a used one; a last-resort package may be used again, until it is rotated.
    func deleteUsed(keyPackage reference: [UInt8]) throws {
        try connection.run("DELETE FROM key_packages WHERE reference = ? AND NOT last_resort", [Data(reference)])
    }

    /// Deletes what no Welcome can use any more: expired for longer than a page can be staged [R14].
    func deleteExpiredKeyPackages(before date: Date) throws {
        try connection.run("DELETE FROM key_packages WHERE not_after < ?", [Int64(date.timeIntervalSince1970)])
    }

    private static func place(_ reference: Data) -> String { "key_packages/\(Hexadecimal.encode(reference))" }
}
