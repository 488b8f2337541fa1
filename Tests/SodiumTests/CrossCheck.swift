import Foundation
import Sodium

/// One case: fields of hexadecimal or decimal text, lists joined by commas. The same form as in crosscheck.py.
struct CrossCheckCase: Codable {
    var fields: [String: String]

    init(_ fields: [String: String]) { self.fields = fields }
    init(from decoder: any Decoder) throws { fields = try decoder.singleValueContainer().decode([String: String].self) }
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(fields)
    }

    subscript(_ name: String) -> [UInt8] { hex(fields[name] ?? "missing") }
    func secret(_ name: String) -> SecretBytes { SecretBytes(self[name]) }
    func number(_ name: String) -> Int { fields[name].flatMap { Int($0) } ?? -1 }
    func list(_ name: String) -> [[UInt8]] { items(name).map { hex($0) } }
    func tags(_ name: String) -> [SecretStream.Tag] {
        items(name).compactMap { UInt8($0) }.compactMap { .init(rawValue: $0) }
    }
    private func items(_ name: String) -> [String] {
        (fields[name] ?? "").split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    static func text(_ bytes: [UInt8]) -> String { Hexadecimal.encode(bytes) }
    static func text(_ list: [[UInt8]]) -> String { list.map { text($0) }.joined(separator: ",") }
}

/// Our side of each algorithm.
enum CrossCheck {
    /// Whether a case says what is so.
    static func isRight(_ algorithm: String, _ c: CrossCheckCase) throws -> Bool {
        switch algorithm {
        case "ed25519":
            return try Ed25519.PublicKey(c["public"]).isValidSignature(c["result"], for: c["message"])
                && computed(algorithm, c) == c["result"]
        case "chacha20poly1305":
            let opened = try? ChaCha20Poly1305.open(
                c["result"], key: c.secret("key"), nonce: c["nonce"], authenticating: c["aad"])
            return opened == c["plaintext"]
        case "xchacha20poly1305":
            let opened = try? XChaCha20Poly1305.open(c["result"], key: c.secret("key"), authenticating: c["aad"])
            return opened == c["plaintext"]
        case "secretstream": return try opensStream(c)
        case "hpke": return try opensHPKE(c)
        default: return try computed(algorithm, c) == c["result"]
        }
    }

    /// What an algorithm with just one right answer gives for a case's inputs.
    private static func computed(_ algorithm: String, _ c: CrossCheckCase) throws -> [UInt8] {
        switch algorithm {
        case "sha256": return SHA256.hash(c["message"])
        case "hmac": return HMACSHA256.tag(c["message"], key: c.secret("key"))
        case "blake2b":
            var hash = try BLAKE2b(key: c["key"].isEmpty ? nil : c.secret("key"), length: c.number("length"))
            hash.update(c["message"])
            return hash.finish()
        case "hkdf":
            let key = HKDF.extract(salt: c.secret("salt"), inputKeyMaterial: c.secret("secret"))
            return try HKDF.expand(pseudorandomKey: key, info: c["info"], count: c.number("length")).exposedCopy()
        case "x25519":
            return try X25519.PrivateKey(c.secret("private")).sharedSecret(with: X25519.PublicKey(c["peer"]))
                .exposedCopy()
        case "ed25519": return try Ed25519.PrivateKey(seed: c.secret("seed")).signature(for: c["message"])
        case "argon2id":
            return try Argon2id.deriveKey(
                passphrase: c.secret("passphrase"), salt: c["salt"],
                parameters: Argon2id.Parameters(passes: c.number("passes"), memoryKiB: c.number("memory")),
                count: c.number("length")
            ).exposedCopy()
        case "chacha20poly1305":
            return try ChaCha20Poly1305.seal(
                c["plaintext"], key: c.secret("key"), nonce: c["nonce"], authenticating: c["aad"])
        case "xchacha20poly1305":
            return try XChaCha20Poly1305.seal(c["plaintext"], key: c.secret("key"), authenticating: c["aad"])
        default: throw CocoaError(.featureUnsupported)
        }
    }

    private static func opensStream(_ c: CrossCheckCase) throws -> Bool {
        var opener = try SecretStream.Opener(key: c.secret("key"), header: c["header"])
        let expected = zip(c.list("plaintexts"), c.tags("tags"))
        for ((sealed, aad), (plaintext, tag)) in zip(zip(c.list("sealed"), c.list("aads")), expected) {
            guard let opened = try? opener.open(sealed, authenticating: aad), opened == (plaintext, tag) else {
                return false
            }
        }
        return opener.isFinished
    }

    private static func opensHPKE(_ c: CrossCheckCase) throws -> Bool {
        let recipient = try X25519.PrivateKey(c.secret("private"))
        var opener = try HPKE.setUpRecipient(encapsulatedKey: c["enc"], recipient: recipient, info: c["info"])
        for ((sealed, aad), plaintext) in zip(zip(c.list("sealed"), c.list("aads")), c.list("plaintexts")) {
            guard (try? opener.open(sealed, authenticating: aad)) == plaintext else { return false }
        }
        return try zip(c.list("contexts"), c.list("exports")).allSatisfy { context, exported in
            try opener.export(context, count: exported.count).exposedCopy() == exported
        }
    }

    // MARK: Making

    private static let lengths = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 5000]

    /// Cases for the other side. Keys and messages are counted up, not drawn, so that a failure repeats; ephemeral
    /// keys, nonces and headers are drawn by the library itself.
    static func make() throws -> [String: [CrossCheckCase]] {
        var counter: UInt8 = 0
        func take(_ count: Int) -> String {
            counter &+= 1
            return CrossCheckCase.text((0..<count).map { UInt8(truncatingIfNeeded: $0) &* 7 &+ counter })
        }
        var inputs: [String: [[String: String]]] = [:]
        for count in lengths {
            inputs["sha256", default: []].append(["message": take(count)])
            inputs["ed25519", default: []].append(["message": take(count), "seed": take(32)])
            for key in [0, 32, 200] { inputs["hmac", default: []].append(["key": take(key), "message": take(count)]) }
            for (key, length) in [(0, 32), (16, 64), (64, 16)] {
                inputs["blake2b", default: []].append(
                    ["key": take(key), "message": take(count), "length": "\(length)"])
            }
            for aad in [0, 40] {
                let sealed = ["key": take(32), "nonce": take(12), "aad": take(aad), "plaintext": take(count)]
                inputs["chacha20poly1305", default: []].append(sealed)
                inputs["xchacha20poly1305", default: []].append(sealed)
            }
        }
        for length in [1, 32, 33, 8160] {
            inputs["hkdf", default: []].append(
                ["salt": take(length % 80), "secret": take(32), "info": take(20), "length": "\(length)"])
        }
        for _ in 0..<10 {
            let peer = try X25519.PrivateKey(SecretBytes(hex(take(32)))).publicKey.bytes
            inputs["x25519", default: []].append(["private": take(32), "peer": CrossCheckCase.text(peer)])
        }
        inputs["argon2id"] = [
            ["passphrase": take(0), "salt": take(16), "passes": "1", "memory": "8192", "length": "32"],
            ["passphrase": take(20), "salt": take(16), "passes": "2", "memory": "9000", "length": "64"],
        ]
        var cases: [String: [CrossCheckCase]] = [:]
        for (algorithm, inputs) in inputs {
            cases[algorithm] = try inputs.map { fields in
                var c = CrossCheckCase(fields)
                c.fields["result"] = CrossCheckCase.text(try computed(algorithm, c))
                if algorithm == "ed25519" {
                    c.fields["public"] = CrossCheckCase.text(
                        try Ed25519.PrivateKey(seed: c.secret("seed")).publicKey.bytes)
                }
                return c
            }
        }
        cases["secretstream"] = try [1, 2, 10].map { try stream(count: $0) }
        cases["hpke"] = try [1, 2, 300].map { try hpke(count: $0) }
        return cases
    }

    private static func plaintexts(_ count: Int) -> [[UInt8]] {
        (0..<count).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: lengths[$0 % lengths.count]) }
    }

    private static func stream(count: Int) throws -> CrossCheckCase {
        let key = SecretBytes.random(count: SecretStream.keyLength)
        var sealer = try SecretStream.Sealer(key: key)
        let plaintexts = plaintexts(count)
        let aads = (0..<count).map { [UInt8](repeating: 9, count: $0) }
        let tags = (0..<count).map { $0 == count - 1 ? .final : SecretStream.Tag(rawValue: UInt8($0 % 3)) ?? .message }
        var sealed: [[UInt8]] = []
        for index in 0..<count {
            sealed.append(try sealer.seal(plaintexts[index], tag: tags[index], authenticating: aads[index]))
        }
        return CrossCheckCase([
            "key": CrossCheckCase.text(key.exposedCopy()), "header": CrossCheckCase.text(sealer.header),
            "plaintexts": CrossCheckCase.text(plaintexts), "aads": CrossCheckCase.text(aads),
            "tags": tags.map { "\($0.rawValue)" }.joined(separator: ","), "sealed": CrossCheckCase.text(sealed),
        ])
    }

    private static func hpke(count: Int) throws -> CrossCheckCase {
        let recipient = X25519.PrivateKey()
        let info = [UInt8](repeating: 3, count: 20)
        let plaintexts = plaintexts(count)
        let aads = (0..<count).map { [UInt8](repeating: 9, count: $0 % 50) }
        var (enc, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: info)
        var sealed: [[UInt8]] = []
        for (plaintext, aad) in zip(plaintexts, aads) {
            sealed.append(try sender.seal(plaintext, authenticating: aad))
        }
        let contexts: [[UInt8]] = [[], [1, 2, 3]]
        let exports = try contexts.map { try sender.export($0, count: 32 + $0.count).exposedCopy() }
        return CrossCheckCase([
            "private": CrossCheckCase.text(recipient.bytes.exposedCopy()), "info": CrossCheckCase.text(info),
            "enc": CrossCheckCase.text(enc), "plaintexts": CrossCheckCase.text(plaintexts),
            "aads": CrossCheckCase.text(aads), "sealed": CrossCheckCase.text(sealed),
            "contexts": CrossCheckCase.text(contexts), "exports": CrossCheckCase.text(exports),
        ])
    }
}
