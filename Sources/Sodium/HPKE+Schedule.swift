extension HPKE {
    /// An `info`, hashed once for the many messages that are bound to it.
    public struct Info: Sendable {
        /// `key_schedule_context` (RFC 9180 §5.1): mode_base, psk_id_hash, info_hash. None of them is secret.
        fileprivate let context: [UInt8]

        public init(_ info: [UInt8]) {
            let infoHash = HPKELabels.suite.extract(label: "info_hash") { $0.update(info) }
            context = [0x00] + Self.emptyPSKIDHash + infoHash.exposedCopy()
        }

        /// LabeledExtract("", "psk_id_hash", "") is the same for every message in base mode.
        private static let emptyPSKIDHash = HPKELabels.suite.extract(label: "psk_id_hash") { _ in }.exposedCopy()
    }
}

/// KeySchedule in base mode (RFC 9180 §5.1).
struct HPKESchedule: Sendable {
    let key: SecretBytes
    let baseNonce: [UInt8]
    fileprivate let secret: HKDF.Expander
    fileprivate let context: [UInt8]

    init(sharedSecret: SecretBytes, info: HPKE.Info) throws(SodiumError) {
        let labels = HPKELabels.suite
        context = info.context
        secret = HKDF.Expander(pseudorandomKey: labels.extract(salt: sharedSecret, label: "secret") { _ in })
        let context = context
        key = try labels.expand(secret, label: "key", count: ChaCha20Poly1305.keyLength) { $0.update(context) }
        baseNonce = try labels.expand(secret, label: "base_nonce", count: ChaCha20Poly1305.nonceLength) {
            $0.update(context)
        }.exposedCopy()
    }

    /// ComputeNonce (§5.2).
    func nonce(_ sequence: UInt64) -> [UInt8] {
        var nonce = baseNonce
        for index in 0..<8 { nonce[nonce.count - 1 - index] ^= UInt8(truncatingIfNeeded: sequence >> (8 * index)) }
        return nonce
    }
}

/// The exporter secret: derived only for contexts, as a single shot has no use for it.
struct HPKEExporter: Sendable {
    private let secret: HKDF.Expander

    init(_ schedule: HPKESchedule) throws(SodiumError) {
        secret = HKDF.Expander(
            pseudorandomKey: try HPKELabels.suite.expand(schedule.secret, label: "exp", count: HMACSHA256.tagLength) {
                $0.update(schedule.context)
            })
    }

    func export(_ exporterContext: [UInt8], count: Int) throws(SodiumError) -> SecretBytes {
        try HPKELabels.suite.expand(secret, label: "sec", count: count) { $0.update(exporterContext) }
    }
}

/// LabeledExtract and LabeledExpand (RFC 9180 §4) for one suite identifier.
struct HPKELabels: Sendable {
    /// "HPKE-v1" and the suite's identifier.
    private let prefix: [UInt8]

    /// kem_id 0x0020.
    static let kem = HPKELabels(prefix: Array("HPKE-v1KEM".utf8) + [0x00, 0x20])
    /// kem_id 0x0020, kdf_id 0x0001, aead_id 0x0003.
    static let suite = HPKELabels(prefix: Array("HPKE-v1HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x03])

    private static let empty = SecretBytes([])

    func extract(label: StaticString, inputKeyMaterial: SecretBytes) -> SecretBytes {
        extract(label: label) { $0.update(inputKeyMaterial) }
    }

    /// Input key material and info are given in parts by the closure, so that nobody has to join them first.
    func extract(
        salt: SecretBytes = empty, label: StaticString, inputKeyMaterial: (inout HMACSHA256) -> Void
    ) -> SecretBytes {
        var mac = HMACSHA256(key: salt)
        mac.update(prefix)
        mac.update(label)
        inputKeyMaterial(&mac)
        return mac.finish()
    }

    func expand(
        _ pseudorandomKey: HKDF.Expander, label: StaticString, count: Int, info: (inout HMACSHA256) -> Void
    ) throws(SodiumError) -> SecretBytes {
        try pseudorandomKey.expand(count: count) { mac in
            mac.update(UInt8(truncatingIfNeeded: count >> 8))
            mac.update(UInt8(truncatingIfNeeded: count))
            mac.update(prefix)
            mac.update(label)
            info(&mac)
        }
    }
}
