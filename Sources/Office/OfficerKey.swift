public import CallList
public import Foundation
public import Sodium
import Terms

/// An officer's keys in a file: the root key's seed and the sealing keys, sealed under a passphrase; the public keys in clear.
public struct OfficerKey: Sendable {
    public let privateKey: Ed25519.PrivateKey
    /// The newest first: what views are sealed to. The one before stays until the next renewal, for lists that are sealed to it.
    private let sealing: [X25519.PrivateKey]

    /// Who opens views with it.
    public var reader: ViewReader { .officer(privateKey.publicKey, sealing: sealing) }

    private struct Document: Codable {
        struct Sealing: Codable {
            let document: UnverifiedSealingKey
            let sealedKey: Data
        }
        let type: String
        let publicKey: Data
        let salt: Data
        let passes: Int
        let memoryKiB: Int
        let sealedSeed: Data
        /// The newest first.
        var sealing: [Sealing]
    }

    private static let type = "tocsin officer key"
    /// Sealing keys that are kept.
    private static let keptSealingKeys = 2

    /// Makes new keys and writes them to a file that must not exist yet.
    /// - Throws: `fileExists`, `fileFailure`, `sourceRefused` for an empty passphrase.
    public static func create(at url: URL, passphrase: SecretBytes, now: Date = Date()) throws -> OfficerKey {
        guard passphrase.count > 0 else { throw CallListError(.sourceRefused, "the passphrase is empty") }
        let key = try Ed25519.PrivateKey(memory: .guarded)
        let salt = randomBytes(count: Argon2id.saltLength)
        let parameters = Argon2id.Parameters.standard
        let wrapping = try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: parameters)
        let (sealing, entry) = try newSealingKey(of: key, wrapping: wrapping, now: now)
        let document = Document(
            type: type, publicKey: Data(key.publicKey.bytes), salt: Data(salt), passes: parameters.passes,
            memoryKiB: parameters.memoryKiB,
            sealedSeed: Data(
                try XChaCha20Poly1305.seal(key.seed, key: wrapping, authenticating: seedLabel(key.publicKey))),
            sealing: [entry])
        try SourceFile.write(Documents.encode(document), to: url, mode: 0o600)
        return OfficerKey(privateKey: key, sealing: [sealing])
    }

    /// - Throws: `fileFailure`, `malformed`, `wrongPassphrase`.
    public static func open(_ url: URL, passphrase: SecretBytes) throws -> OfficerKey {
        let (document, publicKey) = try read(url)
        return try open(document, publicKey, wrapping: wrappingKey(document, passphrase))
    }

    /// A new sealing key beside the last one; those before it are forgotten, and with them what was sealed to them alone.
    /// - Throws: as ``open(_:passphrase:)``.
    public static func renew(_ url: URL, passphrase: SecretBytes, now: Date = Date()) throws -> OfficerKey {
        var (document, publicKey) = try read(url)
        let wrapping = try wrappingKey(document, passphrase)
        let key = try open(document, publicKey, wrapping: wrapping)
        let (sealing, entry) = try newSealingKey(of: key.privateKey, wrapping: wrapping, now: now)
        document.sealing = Array(([entry] + document.sealing).prefix(keptSealingKeys))
        try SourceFile.replace(Documents.encode(document), at: url, mode: 0o600)
        return OfficerKey(
            privateKey: key.privateKey, sealing: Array(([sealing] + key.sealing).prefix(keptSealingKeys)))
    }

    /// The public document of an officer's key file, which needs no passphrase.
    public static func publicDocument(of url: URL) throws -> [UInt8] {
        let (document, publicKey) = try read(url)
        guard let newest = document.sealing.first else { throw noKeyFile }
        let officer = Officer(
            key: publicKey, sealing: try newest.document.verify(holder: .officer, signer: publicKey))
        return try OfficerDocument.encode(officer)
    }

    private static func read(_ url: URL) throws -> (Document, Ed25519.PublicKey) {
        let document = try Documents.decode(Document.self, from: SourceFile.read(url), what: "officer key file")
        guard document.type == type, let publicKey = try? Ed25519.PublicKey([UInt8](document.publicKey)),
            document.salt.count == Argon2id.saltLength, (1...keptSealingKeys).contains(document.sealing.count)
        else { throw noKeyFile }
        return (document, publicKey)
    }

    private static func wrappingKey(_ document: Document, _ passphrase: SecretBytes) throws -> SecretBytes {
        guard let parameters = try? Argon2id.Parameters(passes: document.passes, memoryKiB: document.memoryKiB) else {
            throw noKeyFile
        }
        return try Argon2id.deriveKey(passphrase: passphrase, salt: [UInt8](document.salt), parameters: parameters)
    }

    private static func open(
        _ document: Document, _ publicKey: Ed25519.PublicKey, wrapping: SecretBytes
    ) throws -> OfficerKey {
        func opened(_ sealed: Data, _ label: [UInt8]) throws(CallListError) -> SecretBytes {
            do {
                return try XChaCha20Poly1305.openSecret(
                    [UInt8](sealed), key: wrapping, authenticating: label, memory: .guarded)
            } catch {
                throw CallListError(.wrongPassphrase, "the passphrase does not open this officer key")
            }
        }
        let inconsistent = CallListError(.malformed, "the officer key file is inconsistent")
        let key = try Ed25519.PrivateKey(
            seed: opened(document.sealedSeed, seedLabel(publicKey)), memory: .guarded)
        guard key.publicKey == publicKey else { throw inconsistent }
        var sealing: [X25519.PrivateKey] = []
        for entry in document.sealing {
            let held = try entry.document.verify(holder: .officer, signer: publicKey).key
            let secret = try X25519.PrivateKey(opened(entry.sealedKey, sealingLabel(held)))
            guard secret.publicKey == held else { throw inconsistent }
            sealing.append(secret)
        }
        return OfficerKey(privateKey: key, sealing: sealing)
    }

    private static func newSealingKey(
        of key: Ed25519.PrivateKey, wrapping: SecretBytes, now: Date
    ) throws -> (X25519.PrivateKey, Document.Sealing) {
        let sealing = try X25519.PrivateKey(memory: .guarded)
        let signed = SealingKey.sign(sealing.publicKey, created: now, holder: .officer, by: key)
        let sealed = try XChaCha20Poly1305.seal(
            sealing.bytes, key: wrapping, authenticating: sealingLabel(sealing.publicKey))
        return (sealing, Document.Sealing(document: signed.document, sealedKey: Data(sealed)))
    }

    private static let noKeyFile = CallListError(
        .malformed, "this is no officer key file", hint: "is it the right file?")

    private static func seedLabel(_ key: Ed25519.PublicKey) -> [UInt8] {
        Array("tocsin officer key v1\0".utf8) + key.bytes
    }

    private static func sealingLabel(_ key: X25519.PublicKey) -> [UInt8] {
        Array("tocsin officer sealing key v1\0".utf8) + key.bytes
    }
}
