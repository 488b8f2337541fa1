import Foundation
import Sodium
import TestTeam
import Testing

/// Both directions against an independent implementation: what one makes, the other verifies and opens.
/// The other is a Python with `cryptography` and `PyNaCl`, named by the environment variable TOCSIN_PYTHON.
@Suite(
    .enabled(if: OtherSide.isThere, "TOCSIN_PYTHON is not set: it names a Python with cryptography and PyNaCl"),
    .timeLimit(.minutes(2)))
struct CrossCheckTests {
    private static let algorithms: Set = [
        "sha256", "hmac", "blake2b", "hkdf", "x25519", "ed25519", "argon2id", "chacha20poly1305", "xchacha20poly1305",
        "secretstream", "hpke",
    ]

    @Test func whatTheOtherMakesWeOpen() async throws {
        let cases = try JSONDecoder().decode(
            [String: [CrossCheckCase]].self, from: await OtherSide.run(["make", "20260731"], input: Data()))
        #expect(Set(cases.keys) == Self.algorithms)
        for (algorithm, cases) in cases {
            #expect(!cases.isEmpty)
            for (index, c) in cases.enumerated() {
                #expect(try CrossCheck.isRight(algorithm, c), "\(algorithm) \(index)")
            }
        }
    }

    @Test func whatWeMakeTheOtherOpens() async throws {
        let cases = try CrossCheck.make()
        #expect(Set(cases.keys) == Self.algorithms)
        let answer = try await OtherSide.run(["check"], input: JSONEncoder().encode(cases))
        #expect(try JSONDecoder().decode([String: Int].self, from: answer) == cases.mapValues(\.count))
    }

    /// The other side must be able to say no, or its yes is worth nothing.
    @Test(arguments: algorithms)
    func theOtherRefusesWhatIsWrong(_ algorithm: String) async throws {
        let made = try CrossCheck.make()
        var c = try #require(made[algorithm]?.last)
        let field = c.fields["result"] == nil ? "sealed" : "result"
        let text = try #require(c.fields[field])
        c.fields[field] = (text.first == "0" ? "1" : "0") + text.dropFirst()
        let input = try JSONEncoder().encode([algorithm: [c]])
        await #expect(throws: OtherSide.Failed.self) { try await OtherSide.run(["check"], input: input) }
        #expect(try !CrossCheck.isRight(algorithm, c))
    }
}

/// The Python of TOCSIN_PYTHON, running crosscheck.py.
enum OtherSide {
    struct Failed: Error {
        let status: Int32
        let text: String
    }

    private static let python = ProcessInfo.processInfo.environment["TOCSIN_PYTHON"] ?? ""
    /// Where it is named and cannot be run, the tests fail: that is no reason to skip them.
    static var isThere: Bool { !python.isEmpty }

    /// What the script wrote.
    static func run(_ arguments: [String], input: Data) async throws -> Data {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("crosscheck.py")
        let finished = try await ChildProcess.run(
            URL(fileURLWithPath: python), [script.path] + arguments, environment: ProcessInfo.processInfo.environment,
            input: input, limit: .seconds(90))
        guard finished.status == 0 else { throw Failed(status: finished.status, text: finished.errors) }
        return Data(finished.output.utf8)
    }
}
