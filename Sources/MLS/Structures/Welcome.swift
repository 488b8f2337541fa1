import Sodium
import WireFormat

/// `struct { opaque joiner_secret<V>; optional<PathSecret> path_secret; PreSharedKeyID psks<V>; } GroupSecrets;` (§12.4.3.1)
struct GroupSecrets: Sendable {
    let joinerSecret: SecretBytes
    let pathSecret: SecretBytes?
    let preSharedKeys: [PreSharedKeyID]

    func encoded() -> SecretBytes {
        let psks = preSharedKeys.map(\.encoded)
        let secrets = joinerSecret.storedCapacity + 1 + (pathSecret?.storedCapacity ?? 0)
        let capacity = psks.reduce(secrets + Writer.lengthCapacity) { $0 + $1.count }
        return SecretBytes.encoding(reserving: capacity) { writer in
            writer.secret(joinerSecret)
            writer.uint8(pathSecret == nil ? 0 : 1)
            if let pathSecret { writer.secret(pathSecret) }
            writer.vector { writer in for psk in psks { writer.fixed(psk) } }
        }
    }

    init(joinerSecret: SecretBytes, pathSecret: SecretBytes?, preSharedKeys: [PreSharedKeyID]) {
        self.joinerSecret = joinerSecret
        self.pathSecret = pathSecret
        self.preSharedKeys = preSharedKeys
    }

    init(decoding encoded: SecretBytes) throws(MLSError) {
        (joinerSecret, pathSecret, preSharedKeys) = try encoded.decoding { (reader) throws(MLSError) in
            let joiner = try reader.secret()
            let isPresent = try MLS.decoding { () throws(WireError) in try reader.isPresent("path_secret") }
            let path = isPresent ? try reader.secret() : nil
            let psks = try MLS.decoding { () throws(WireError) in try reader.vector(of: PreSharedKeyID.self, "psks") }
            return (joiner, path, psks)
        }
    }
}

/// `struct { KeyPackageRef new_member; HPKECiphertext encrypted_group_secrets; } EncryptedGroupSecrets;`
/// `struct { CipherSuite cipher_suite; EncryptedGroupSecrets secrets<V>; opaque encrypted_group_info<V>; } Welcome;`
/// (§12.4.3.1)
struct Welcome: Hashable, Sendable, WireCodable {
    struct Secrets: Hashable, Sendable, WireCodable {
        let newMember: [UInt8]
        let encryptedGroupSecrets: HPKECiphertext

        init(newMember: [UInt8], encryptedGroupSecrets: HPKECiphertext) {
            self.newMember = newMember
            self.encryptedGroupSecrets = encryptedGroupSecrets
        }

        init(from reader: inout Reader) throws(WireError) {
            newMember = try reader.opaque("new_member")
            encryptedGroupSecrets = try HPKECiphertext(from: &reader)
        }

        func encode(to writer: inout Writer) {
            writer.opaque(newMember)
            encryptedGroupSecrets.encode(to: &writer)
        }
    }

    let cipherSuite: UInt16
    let secrets: [Secrets]
    let encryptedGroupInfo: [UInt8]

    init(cipherSuite: UInt16, secrets: [Secrets], encryptedGroupInfo: [UInt8]) {
        self.cipherSuite = cipherSuite
        self.secrets = secrets
        self.encryptedGroupInfo = encryptedGroupInfo
    }

    init(from reader: inout Reader) throws(WireError) {
        cipherSuite = try reader.uint16("cipher_suite")
        secrets = try reader.vector("secrets")
        encryptedGroupInfo = try reader.opaque("encrypted_group_info")
    }

    func encode(to writer: inout Writer) {
        writer.uint16(cipherSuite)
        writer.vector(secrets)
        writer.opaque(encryptedGroupInfo)
    }
}
