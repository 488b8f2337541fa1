public import Foundation
public import Terms

/// Where one device's vault lives.
public struct Profile: Sendable, Hashable {
    public let directory: URL

    public init(directory: URL) { self.directory = directory }

    /// An explicit directory, else `TOCSIN_HOME`, else `$XDG_DATA_HOME/tocsin`, else `~/.local/share/tocsin`.
    public static func locate(explicit: String?, environment: [String: String]) -> Profile {
        if let path = explicit ?? environment["TOCSIN_HOME"], !path.isEmpty {
            return Profile(directory: URL(fileURLWithPath: path, isDirectory: true))
        }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return Profile(directory: URL(fileURLWithPath: data, isDirectory: true).appendingPathComponent("tocsin"))
        }
        let home = environment["HOME"] ?? "/"
        return Profile(directory: URL(fileURLWithPath: home).appendingPathComponent(".local/share/tocsin"))
    }

    public var exists: Bool { FileManager.default.fileExists(atPath: vaultFile.path) }

    /// What opening the vault takes: readable without a secret.
    /// - Throws: `noProfile`, `vaultDamaged`.
    public func protection() throws(ClientError) -> VaultProtection {
        try Vault.header(of: self).protection
    }

    var vaultFile: URL { directory.appendingPathComponent("vault.sqlite") }
}
