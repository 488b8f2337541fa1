public import Foundation
public import Sodium
public import Terms

/// What a device is.
public enum DeviceKind: String, Codable, Sendable, Hashable {
    case person
    /// Of a tool: it pages, and reads only what it paged.
    case sensor

    /// What stands for it where bytes are hashed or stored.
    var byte: UInt8 { self == .person ? 1 : 2 }
}

/// One device's private keys. No key serves two purposes (DESIGN §4).
public struct DeviceKeys: Sendable {
    /// The hash of kind and signature keys: see ``Terms/DeviceID/of(kind:mlsKey:sessionKey:)``.
    public let id: DeviceID
    public let kind: DeviceKind
    /// Signs MLS content and statements: what the device says.
    public let mls: Ed25519.PrivateKey
    /// Signs relay challenges.
    public let session: Ed25519.PrivateKey
    /// Open the call list's sealed views: the newest first. Those before it open the lists that are sealed to them.
    let seals: [X25519.PrivateKey]

    /// - Throws: `outOfMemory` where no guarded memory is left.
    public static func generate(kind: DeviceKind) throws(SodiumError) -> DeviceKeys {
        DeviceKeys(
            kind: kind, mls: try Ed25519.PrivateKey(memory: .guarded),
            session: try Ed25519.PrivateKey(memory: .guarded), seals: [try X25519.PrivateKey(memory: .guarded)])
    }

    private init(
        kind: DeviceKind, mls: Ed25519.PrivateKey, session: Ed25519.PrivateKey, seals: [X25519.PrivateKey]
    ) {
        id = .of(kind: kind, mlsKey: mls.publicKey, sessionKey: session.publicKey)
        self.kind = kind
        self.mls = mls
        self.session = session
        self.seals = seals
    }

    /// The same device with a new sealing key.
    /// - Throws: `outOfMemory` where no guarded memory is left.
    public func renewed() throws(SodiumError) -> DeviceKeys {
        let seals = [try X25519.PrivateKey(memory: .guarded)] + seals
        return DeviceKeys(kind: kind, mls: mls, session: session, seals: Array(seals.prefix(Self.keptSealingKeys)))
    }

    /// The newest public sealing key.
    public var sealingKey: X25519.PublicKey { seals[0].publicKey }

    /// The same under this device's MLS signature.
    public func sealing(created: Date) -> SealingKey {
        SealingKey.sign(sealingKey, created: created, holder: .device, by: mls)
    }

    // Version, kind, then 32-byte secrets: MLS, session, and sealing keys.
    private static let version: UInt8 = 2
    private static let headLength = 2 + 2 * 32
    /// Enough for decades of renewals, one in 90 days.
    private static let keptSealingKeys = 200

    /// For the vault, which seals it.
    /// - Throws: `outOfMemory` where no guarded memory is left.
    public func serialized() throws(SodiumError) -> SecretBytes {
        try SecretBytes(count: Self.headLength + 32 * seals.count, memory: .guarded) { buffer in
            buffer[0] = Self.version
            buffer[1] = kind.byte
            var offset = 2
            func put(_ bytes: UnsafeRawBufferPointer) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + bytes.count]).copyBytes(from: bytes)
                offset += bytes.count
            }
            mls.seed.withUnsafeBytes { put($0) }
            session.seed.withUnsafeBytes { put($0) }
            for seal in seals { seal.bytes.withUnsafeBytes { put($0) } }
        }
    }

    /// - Throws: `malformed`; ``SodiumError`` `outOfMemory` where no guarded memory is left.
    public init(serialized: SecretBytes) throws {
        let damaged = CallListError(.malformed, "stored device keys are damaged")
        let count = (serialized.count - Self.headLength) / 32
        guard (1...Self.keptSealingKeys).contains(count), serialized.count == Self.headLength + 32 * count else {
            throw damaged
        }
        let head = serialized.withUnsafeBytes { Array($0.prefix(2)) }
        guard head[0] == Self.version, head[1] == 1 || head[1] == 2 else { throw damaged }
        self.init(
            kind: head[1] == 1 ? .person : .sensor,
            mls: try Ed25519.PrivateKey(seed: serialized.slice(2..<34), memory: .guarded),
            session: try Ed25519.PrivateKey(seed: serialized.slice(34..<66), memory: .guarded),
            seals: try (0..<count).map { index in
                let start = Self.headLength + 32 * index
                return try X25519.PrivateKey(serialized.slice(start..<start + 32).guarded())
            })
    }
}
