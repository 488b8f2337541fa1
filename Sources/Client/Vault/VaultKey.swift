public import Foundation
public import Sodium
import Terms

/// What a vault is locked with.
public enum VaultProtection: String, Codable, Sendable, Hashable {
    /// A person's passphrase, through Argon2id.
    case passphrase
    /// A file of 32 random bytes: for sensors, which start unattended.
    case keyFile
}

/// What unlocks it.
public enum VaultUnlock: Sendable {
    case passphrase(SecretBytes)
    case keyFile(URL)

    public var protection: VaultProtection {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        }
    }
}

/// The vault's clear part: how its key is wrapped. The key itself seals every value and never changes, so that a new
/// passphrase means wrapping anew and nothing else.
struct VaultHeader: Codable, Sendable {
    static let version = 1
    let version: Int
    let protection: VaultProtection
    /// Argon2id; nil for a key file, whose 32 bytes need no stretching.
    let salt: Data?
    let passes: Int?
    let memoryKiB: Int?
    let wrappedKey: Data

    /// Makes a new vault key and wraps it.
    static func create(unlock: VaultUnlock) throws -> (VaultHeader, key: SecretBytes) {
        let key = try SecretBytes.random(count: XChaCha20Poly1305.keyLength, memory: .guarded)
        let parameters = Argon2id.Parameters.standard
        let salt = randomBytes(count: Argon2id.saltLength)
        let wrapping = try wrappingKey(unlock: unlock, salt: salt, parameters: parameters)
        var exposed = key.exposedCopy()
        defer { wipe(&exposed) }
        let wrapped = try XChaCha20Poly1305.seal(
            exposed, key: wrapping, authenticating: associatedData(unlock.protection))
        let isPassphrase = unlock.protection == .passphrase
        let header = VaultHeader(
            version: version, protection: unlock.protection, salt: isPassphrase ? Data(salt) : nil,
            passes: isPassphrase ? parameters.passes : nil, memoryKiB: isPassphrase ? parameters.memoryKiB : nil,
            wrappedKey: Data(wrapped))
        return (header, key)
    }

    /// - Throws: `wrongPassphrase`, `vaultDamaged`, `inputRefused`, `ioFailure`.
    func unwrap(unlock: VaultUnlock) throws -> SecretBytes {
        guard version == Self.version else {
            throw ClientError(.vaultDamaged, "this vault has format \(version); this program knows format 1")
        }
        guard unlock.protection == protection else {
            throw ClientError(
                .wrongPassphrase, "this vault is locked with a \(protection == .keyFile ? "key file" : "passphrase")",
                hint: protection == .keyFile ? "give it with --key-file" : "give it with --passphrase-file, or type it")
        }
        let parameters: Argon2id.Parameters
        if protection == .passphrase {
            guard let passes, let memoryKiB, let given = try? Argon2id.Parameters(passes: passes, memoryKiB: memoryKiB)
            else { throw ClientError(.vaultDamaged, "the vault's header is damaged", hint: "restore it from a backup") }
            parameters = given
        } else {
            parameters = .standard
        }
        let wrapping = try Self.wrappingKey(unlock: unlock, salt: [UInt8](salt ?? Data()), parameters: parameters)
        do {
            return try XChaCha20Poly1305.openSecret(
                [UInt8](wrappedKey), key: wrapping, authenticating: Self.associatedData(protection), memory: .guarded)
        } catch  where error.code == .outOfMemory {
            throw error
        } catch {
            throw ClientError(
                .wrongPassphrase, "the \(protection == .keyFile ? "key file" : "passphrase") does not open this vault")
        }
    }

    private static func associatedData(_ protection: VaultProtection) -> [UInt8] {
        Array("tocsin vault key v1\0\(protection.rawValue)".utf8)
    }

    private static func wrappingKey(
        unlock: VaultUnlock, salt: [UInt8], parameters: Argon2id.Parameters
    ) throws -> SecretBytes {
        switch unlock {
        case .passphrase(let passphrase):
            guard passphrase.count > 0 else {
                throw ClientError(.inputRefused, "the passphrase is empty")
            }
            return try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: parameters)
        case .keyFile(let url): return try KeyFile.read(url)
        }
    }
}

/// A sensor's key file: a mark that says what it is, 32 random bytes in hexadecimal and a newline, mode 0600.
public enum KeyFile {
    /// So that nobody takes a public digest for a key, or a key for a digest.
    private static let mark = "TOCSIN-SECRET-SENSOR-KEY-1 "

    /// Makes a new one; never overwrites.
    /// - Throws: `ioFailure`.
    public static func create(_ url: URL) throws {
        let key = SecretBytes.random(count: 32)
        var text = Array(mark.utf8) + key.withUnsafeBytes { Array(Hexadecimal.encode($0).utf8) } + [0x0a]
        defer { wipe(&text) }
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ClientError(
                .ioFailure, "cannot create the key file \(url.path): \(String(cString: strerror(errno)))",
                hint: "choose a path that does not exist yet")
        }
        defer { close(descriptor) }
        let written = text.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.count, fsync(descriptor) == 0 else {
            unlink(url.path)
            throw ClientError(.ioFailure, "cannot write the key file \(url.path)")
        }
    }

    static func read(_ url: URL) throws -> SecretBytes {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ClientError(
                .ioFailure, "cannot read the key file \(url.path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let length = mark.utf8.count + 64
        var text = [UInt8](repeating: 0, count: length)
        defer { wipe(&text) }
        let count = text.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count == length, text.starts(with: mark.utf8),
            var bytes = Hexadecimal.decode(String(decoding: text[mark.utf8.count...], as: UTF8.self))
        else {
            throw ClientError(
                .inputRefused, "\(url.path) is no key file", hint: "it is made by: tocsin enroll request --sensor")
        }
        defer { wipe(&bytes) }
        return try SecretBytes(bytes, memory: .guarded)
    }
}
