public import CallList
public import Foundation
public import Sodium
public import Terms

/// An officer's signing key in a file: the seed sealed under a passphrase, the public key in clear.
public struct OfficerKey: Sendable {
    public let privateKey: Ed25519.PrivateKey

    private struct Document: Codable {
        let type: String
        let publicKey: Data
        let salt: Data
        let passes: Int
        let memoryKiB: Int
        let sealedSeed: Data
    }

    /// A public key on its own: what an officer hands to whoever makes the root.
    private struct PublicDocument: Codable {
        let type: String
        let publicKey: Data
    }

    private static let type = "tocsin officer key"
    private static let publicType = "tocsin officer public key"

    /// Makes a new key and writes it to a file that must not exist yet.
    /// - Throws: `fileExists`, `fileFailure`, `sourceRefused` for an empty passphrase.
    public static func create(at url: URL, passphrase: SecretBytes) throws -> OfficerKey {
        guard passphrase.count > 0 else { throw CallListError(.sourceRefused, "the passphrase is empty") }
        let key = try Ed25519.PrivateKey(memory: .guarded)
        let salt = randomBytes(count: Argon2id.saltLength)
        let parameters = Argon2id.Parameters.standard
        let wrapping = try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: parameters)
        var seed = key.seed.exposedCopy()
        defer { wipe(&seed) }
        let sealed = try XChaCha20Poly1305.seal(
            seed, key: wrapping, authenticating: associatedData(key.publicKey))
        let document = Document(
            type: type, publicKey: Data(key.publicKey.bytes), salt: Data(salt), passes: parameters.passes,
            memoryKiB: parameters.memoryKiB, sealedSeed: Data(sealed))
        try SourceFile.write(Documents.encode(document), to: url, mode: 0o600)
        return OfficerKey(privateKey: key)
    }

    /// - Throws: `fileFailure`, `malformed`, `wrongPassphrase`.
    public static func open(_ url: URL, passphrase: SecretBytes) throws -> OfficerKey {
        let document = try Documents.decode(Document.self, from: SourceFile.read(url), what: "officer key file")
        guard document.type == type, let publicKey = try? Ed25519.PublicKey([UInt8](document.publicKey)),
            let parameters = try? Argon2id.Parameters(passes: document.passes, memoryKiB: document.memoryKiB),
            document.salt.count == Argon2id.saltLength
        else { throw CallListError(.malformed, "this is no officer key file", hint: "is it the right file?") }
        let wrapping = try Argon2id.deriveKey(
            passphrase: passphrase, salt: [UInt8](document.salt), parameters: parameters)
        guard
            var seed = try? XChaCha20Poly1305.open(
                [UInt8](document.sealedSeed), key: wrapping, authenticating: associatedData(publicKey))
        else { throw CallListError(.wrongPassphrase, "the passphrase does not open this officer key") }
        defer { wipe(&seed) }
        let key = try Ed25519.PrivateKey(seed: SecretBytes(seed), memory: .guarded)
        guard key.publicKey == publicKey else {
            throw CallListError(.malformed, "the officer key file is inconsistent")
        }
        return OfficerKey(privateKey: key)
    }

    /// The public document of an officer's key file, which needs no passphrase.
    public static func publicDocument(of url: URL) throws -> [UInt8] {
        let document = try Documents.decode(Document.self, from: SourceFile.read(url), what: "officer key file")
        guard document.type == type else { throw CallListError(.malformed, "this is no officer key file") }
        return try Documents.encode(PublicDocument(type: publicType, publicKey: document.publicKey))
    }

    /// Reads a public document.
    public static func publicKey(from bytes: [UInt8]) throws(CallListError) -> Ed25519.PublicKey {
        let document = try Documents.decode(PublicDocument.self, from: bytes, what: "officer's public key")
        guard document.type == publicType, let key = try? Ed25519.PublicKey([UInt8](document.publicKey)) else {
            throw CallListError(
                .malformed, "this is no officer's public key", hint: "make it with: tocsin officer public KEYFILE")
        }
        return key
    }

    private static func associatedData(_ key: Ed25519.PublicKey) -> [UInt8] {
        Array("tocsin officer key v1\0".utf8) + key.bytes
    }
}
