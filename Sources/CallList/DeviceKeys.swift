public import Sodium
public import Terms

/// What a device is.
public enum DeviceKind: String, Codable, Sendable, Hashable {
    case person
    /// Of a tool: it pages, and reads only what it paged.
    case sensor
}

/// One device's private keys. No key serves two purposes (DESIGN §4).
public struct DeviceKeys: Sendable {
    public let id: DeviceID
    public let kind: DeviceKind
    /// Signs MLS content and statements: what the device says.
    public let mls: Ed25519.PrivateKey
    /// Signs relay challenges.
    public let session: Ed25519.PrivateKey
    /// Opens the call list's sealed views.
    public let seal: X25519.PrivateKey

    /// - Throws: `outOfMemory` where no guarded memory is left.
    public static func generate(kind: DeviceKind) throws(SodiumError) -> DeviceKeys {
        DeviceKeys(
            id: .random(), kind: kind, mls: try Ed25519.PrivateKey(memory: .guarded),
            session: try Ed25519.PrivateKey(memory: .guarded), seal: try X25519.PrivateKey(memory: .guarded))
    }

    private init(
        id: DeviceID, kind: DeviceKind, mls: Ed25519.PrivateKey, session: Ed25519.PrivateKey, seal: X25519.PrivateKey
    ) {
        self.id = id
        self.kind = kind
        self.mls = mls
        self.session = session
        self.seal = seal
    }

    // Version, kind, id, then three 32-byte secrets.
    private static let version: UInt8 = 1
    private static let length = 2 + DeviceID.length + 3 * 32

    /// For the vault, which seals it.
    /// - Throws: `outOfMemory` where no guarded memory is left.
    public func serialized() throws(SodiumError) -> SecretBytes {
        try SecretBytes(count: Self.length, memory: .guarded) { buffer in
            buffer[0] = Self.version
            buffer[1] = kind == .person ? 1 : 2
            var offset = 2
            func put(_ bytes: UnsafeRawBufferPointer) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + bytes.count]).copyBytes(from: bytes)
                offset += bytes.count
            }
            id.bytes.withUnsafeBytes { put($0) }
            mls.seed.withUnsafeBytes { put($0) }
            session.seed.withUnsafeBytes { put($0) }
            seal.bytes.withUnsafeBytes { put($0) }
        }
    }

    /// - Throws: `malformed`; ``SodiumError`` `outOfMemory` where no guarded memory is left.
    public init(serialized: SecretBytes) throws {
        let damaged = CallListError(.malformed, "stored device keys are damaged")
        guard serialized.count == Self.length else { throw damaged }
        let head = serialized.withUnsafeBytes { Array($0.prefix(2 + DeviceID.length)) }
        guard head[0] == Self.version, head[1] == 1 || head[1] == 2, let id = DeviceID(Array(head[2...]))
        else { throw damaged }
        self.init(
            id: id, kind: head[1] == 1 ? .person : .sensor,
            mls: try Ed25519.PrivateKey(seed: serialized.slice(18..<50), memory: .guarded),
            session: try Ed25519.PrivateKey(seed: serialized.slice(50..<82), memory: .guarded),
            seal: try X25519.PrivateKey(serialized.slice(82..<114).guarded()))
    }
}
