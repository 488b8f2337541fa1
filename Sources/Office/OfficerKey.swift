public import CallList
public import Foundation
public import Sodium
import Terms

/// An officer's keys in a file: the root key's seed and the sealing keys, sealed under a passphrase; the public keys in clear.
public struct OfficerKey: Sendable {
    public let privateKey: Ed25519.PrivateKey
    /// The newest first: what views are sealed to. Those before it stay for the lists that are sealed to them.
    private let sealing: [X25519.PrivateKey]

    /// Who opens views with it.
    public var reader: ViewReader { .officer(privateKey.publicKey, sealing: sealing) }

    /// Which of an officer's sealing keys a call list is sealed to.
    public enum Listed: Sendable, Hashable {
        case newest
        /// One before it: whoever compiled the list had an old public document.
        case older
        /// None of this file's, which is then older than the list.
        case unknown
        /// The list is not sealed to this officer at all.
        case absent
    }

    /// Which of these sealing keys a list is sealed to.
    public func listed(in list: CallList) -> Listed {
        guard let key = list.sealingKey(of: privateKey.publicKey) else { return .absent }
        guard let place = sealing.firstIndex(where: { $0.publicKey == key }) else { return .unknown }
        return place == 0 ? .newest : .older
    }

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
        /// The highest version that was signed with it; none before the first.
        var signed: SignedVersion?
    }

    /// A call list that this key has signed.
    public struct SignedVersion: Codable, Sendable, Hashable {
        public let version: UInt64
        public let digest: String
    }

    private static let type = "tocsin officer key"
    /// Sealing keys that are kept, whatever is sealed to them.
    private static let keptSealingKeys = 8
    /// With those that the list in force and the one being signed are sealed to.
    private static let mostSealingKeys = keptSealingKeys + 2

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

    /// A new sealing key, once the others have the newest: so there is never more than one that no list names. Kept are the newest
    /// eight, and those that these lists are sealed to; what was sealed to others alone is never opened again.
    /// - Parameters:
    ///   - list: the one in force.
    ///   - unsigned: the one that is being signed.
    /// - Throws: as ``open(_:passphrase:)``; `sealingKeyNotListed` where the list in force is not sealed to the newest key.
    @discardableResult
    public static func renew(
        _ url: URL, passphrase: SecretBytes, inForce list: CallList, beside unsigned: CallList? = nil,
        now: Date = Date()
    ) throws -> OfficerKey {
        var (document, publicKey) = try read(url)
        let wrapping = try wrappingKey(document, passphrase)
        let key = try open(document, publicKey, wrapping: wrapping)
        guard key.listed(in: list) == .newest, let newest = document.sealing.first else {
            throw CallListError(
                .sealingKeyNotListed, "call list \(list.version) is not sealed to this officer's newest sealing key",
                hint: "first that key's document goes into the source, and a list is signed with it: tocsin officer "
                    + "public KEYFILE")
        }
        // Later than the one before, whatever clock made that.
        let before = try newest.document.verify(holder: .officer, signer: publicKey).created
        let (sealing, entry) = try newSealingKey(
            of: key.privateKey, wrapping: wrapping, now: max(now, before.addingTimeInterval(1)))
        let listed = [list, unsigned].compactMap { $0?.sealingKey(of: publicKey) }
        let kept = key.sealing.indices.filter { index in
            index < keptSealingKeys - 1 || listed.contains(key.sealing[index].publicKey)
        }
        document.sealing = [entry] + kept.map { document.sealing[$0] }
        try SourceFile.replace(Documents.encode(document), at: url, mode: 0o600)
        return OfficerKey(privateKey: key.privateKey, sealing: [sealing] + kept.map { key.sealing[$0] })
    }

    /// The public document of an officer's key file, which needs no passphrase.
    public static func publicDocument(of url: URL) throws -> [UInt8] {
        let (document, publicKey) = try read(url)
        guard let newest = document.sealing.first else { throw noKeyFile }
        let officer = Officer(
            key: publicKey, sealing: try newest.document.verify(holder: .officer, signer: publicKey))
        return try OfficerDocument.encode(officer)
    }

    /// The highest version that was signed with an officer's key file; nil before the first.
    public static func signedVersion(of url: URL) throws -> SignedVersion? { try read(url).0.signed }

    /// Notes what was signed with it, where that is the highest version so far: whoever signs another of that number, or an earlier
    /// one, is to be asked.
    /// - Throws: `fileFailure`, `malformed`.
    public static func note(signed list: CallList, in url: URL) throws {
        var document = try read(url).0
        guard list.version >= document.signed?.version ?? 0 else { return }
        document.signed = SignedVersion(version: list.version, digest: list.digest)
        try SourceFile.replace(Documents.encode(document), at: url, mode: 0o600)
    }

    private static func read(_ url: URL) throws -> (Document, Ed25519.PublicKey) {
        let document = try Documents.decode(Document.self, from: SourceFile.read(url), what: "officer key file")
        guard document.type == type, let publicKey = try? Ed25519.PublicKey([UInt8](document.publicKey)),
            document.salt.count == Argon2id.saltLength, (1...mostSealingKeys).contains(document.sealing.count)
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

extension CallList {
    /// What the list's views are sealed to for an officer; nil where they are not.
    fileprivate func sealingKey(of officer: Ed25519.PublicKey) -> X25519.PublicKey? {
        officers.first { $0.key == officer }?.sealing.key
    }
}
