import Foundation
import Sodium
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

    @Test func whatTheOtherMakesWeOpen() throws {
        let cases = try JSONDecoder().decode(
            [String: [CrossCheckCase]].self, from: OtherSide.run(["make", "20260731"], input: Data()))
        #expect(Set(cases.keys) == Self.algorithms)
        for (algorithm, cases) in cases {
            #expect(!cases.isEmpty)
            for (index, c) in cases.enumerated() {
                #expect(try CrossCheck.isRight(algorithm, c), "\(algorithm) \(index)")
            }
        }
    }

    @Test func whatWeMakeTheOtherOpens() throws {
        let cases = try CrossCheck.make()
        #expect(Set(cases.keys) == Self.algorithms)
        let answer = try OtherSide.run(["check"], input: JSONEncoder().encode(cases))
        #expect(try JSONDecoder().decode([String: Int].self, from: answer) == cases.mapValues(\.count))
    }

    /// The other side must be able to say no, or its yes is worth nothing.
    @Test(arguments: algorithms)
    func theOtherRefusesWhatIsWrong(_ algorithm: String) throws {
        let made = try CrossCheck.make()
        var c = try #require(made[algorithm]?.last)
        let field = c.fields["result"] == nil ? "sealed" : "result"
        let text = try #require(c.fields[field])
        c.fields[field] = (text.first == "0" ? "1" : "0") + text.dropFirst()
        let input = try JSONEncoder().encode([algorithm: [c]])
        #expect(throws: OtherSide.Failed.self) { try OtherSide.run(["check"], input: input) }
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

    /// What the script wrote. Input and output go through files, so that no full pipe can hold anybody up; the script
    /// ends itself after a minute, and is ended here should it not.
    static func run(_ arguments: [String], input: Data) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("crosscheck-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
        try input.write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments =
            [URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("crosscheck.py").path]
            + arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + 90) == .timedOut {
            process.terminate()
            throw Failed(status: -1, text: "no answer after 90 seconds")
        }
        guard process.terminationStatus == 0 else {
            throw Failed(
                status: process.terminationStatus, text: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
            )
        }
        return try Data(contentsOf: files[1])
    }
}
