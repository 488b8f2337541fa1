import Sodium
import Testing

@Suite struct Argon2idTests {
    private let salt = Array(UInt8(0)..<16)

    /// RFC 9106's own vectors use four lanes and associated data, which libsodium does not have; these are what
    /// OpenSSL's Argon2id gives for one lane.
    @Test(
        arguments: [
            (
                "password", 1, 8 * 1024,
                "6708f1faf7314dfc009386f5258b181f70f6190926363475fadec630a1bde67a"
            ),
            (
                "", 3, 16 * 1024,
                """
                4e01c963aef80f488a2f17c5dac08c69789748e3de0258ce5d26144917b1871a6d3f7b957ec8a1dcbafb151c5397457e
                5fc3952a936ebacd9a3cc66cc4c32f49
                """
            ),
        ])
    func derivesAsOpenSSL(_ passphrase: String, _ passes: Int, _ memory: Int, _ expected: String) throws {
        let key = try Argon2id.deriveKey(
            passphrase: SecretBytes(Array(passphrase.utf8)), salt: salt,
            parameters: Argon2id.Parameters(passes: passes, memoryKiB: memory), count: hex(expected).count)
        #expect(key.exposedCopy() == hex(expected))
        #expect(key.memory == .guarded)
    }

    @Test func everyInputMatters() throws {
        let cheap = try Argon2id.Parameters(passes: 1, memoryKiB: 8 * 1024)
        func derive(
            _ passphrase: String = "a", _ salt: [UInt8]? = nil, _ parameters: Argon2id.Parameters? = nil
        ) throws -> [UInt8] {
            try Argon2id.deriveKey(
                passphrase: SecretBytes(Array(passphrase.utf8)), salt: salt ?? self.salt,
                parameters: parameters ?? cheap
            ).exposedCopy()
        }
        let keys = [
            try derive(), try derive("b"), try derive("a", [UInt8](repeating: 0, count: 16)),
            try derive("a", nil, Argon2id.Parameters(passes: 2, memoryKiB: 8 * 1024)),
            try derive("a", nil, Argon2id.Parameters(passes: 1, memoryKiB: 8 * 1024 + 1)),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(try derive() == keys[0])
    }

    @Test(arguments: [(0, 65_536), (17, 65_536), (3, 8191), (3, 2_097_153), (-1, 65_536), (3, -1), (.max, .max)])
    func parametersFromAFileAreBounded(_ passes: Int, _ memory: Int) {
        #expect(code { _ = try Argon2id.Parameters(passes: passes, memoryKiB: memory) } == .parameterOutOfRange)
    }

    @Test func sizesAreChecked() {
        let passphrase = SecretBytes([1])
        for salt in [[], [UInt8](repeating: 0, count: 15), [UInt8](repeating: 0, count: 17)] {
            #expect(
                code { _ = try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: .standard) }
                    == .wrongLength)
        }
        for count in [0, 15, 1025, -1] {
            #expect(
                code {
                    _ = try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: .standard, count: count)
                } == .parameterOutOfRange)
        }
        #expect(Argon2id.Parameters.standard.passes == 3)
        #expect(Argon2id.Parameters.standard.memoryKiB == 65_536)
    }
}
