import Foundation
import TestTeam
import Testing

@testable import MLS

private let vectorFolder = ProcessInfo.processInfo.environment["TOCSIN_MLS_VECTORS"]

/// The MLS working group's test vectors, in the folder that `TOCSIN_MLS_VECTORS` names. How many cases must pass is
/// pinned, so that a case that is quietly passed over is a failure too.
@Suite(.enabled(if: vectorFolder != nil, "TOCSIN_MLS_VECTORS does not name the vectors' folder"))
struct VectorTests {
    struct File: Sendable, CustomTestStringConvertible {
        let name: String
        let format: VectorFormat
        let passing: Int
        var unsupported = 0
        var testDescription: String { name }
    }

    /// The passive-client-random vector is of suite 1, which this library does not have.
    @Test(arguments: [
        File(name: "crypto-basics", format: .cryptoBasics, passing: 1, unsupported: 6),
        File(name: "deserialization", format: .deserialization, passing: 14),
        File(name: "key-schedule", format: .keySchedule, passing: 1, unsupported: 6),
        File(name: "message-protection", format: .messageProtection, passing: 1, unsupported: 6),
        File(name: "messages", format: .messages, passing: 300),
        File(name: "passive-client-handling-commit", format: .passiveClient, passing: 13, unsupported: 78),
        File(name: "passive-client-random", format: .passiveClient, passing: 0, unsupported: 1),
        File(name: "passive-client-welcome", format: .passiveClient, passing: 8, unsupported: 48),
        File(name: "psk_secret", format: .preSharedKeys, passing: 11, unsupported: 66),
        File(name: "secret-tree", format: .secretTree, passing: 3, unsupported: 18),
        File(name: "transcript-hashes", format: .transcriptHashes, passing: 1, unsupported: 6),
        File(name: "tree-math", format: .treeMath, passing: 10),
        File(name: "tree-operations", format: .treeOperations, passing: 5),
        File(name: "tree-validation", format: .treeValidation, passing: 14, unsupported: 84),
        File(name: "treekem", format: .treeKEM, passing: 11, unsupported: 66),
        File(name: "welcome", format: .welcome, passing: 1, unsupported: 6),
    ])
    func passes(_ file: File) throws {
        var (passed, unsupported) = (0, 0)
        for (number, value) in try Self.cases(of: file.name).enumerated() {
            #expect(VectorFormat.recognise(value) == file.format)
            switch file.format.check(value) {
            case .passed: passed += 1
            case .unsupported: unsupported += 1
            case .failed(let reason): Issue.record("\(file.name), case \(number): \(reason)")
            }
        }
        #expect(passed == file.passing)
        #expect(unsupported == file.unsupported)
    }

    /// A check that cannot fail proves nothing: each format's must notice one altered digit somewhere in a case.
    @Test(arguments: [
        ("crypto-basics", "derive_secret"), ("key-schedule", "epochs"), ("message-protection", "membership_key"),
        ("passive-client-welcome", "initial_epoch_authenticator"), ("psk_secret", "psk_secret"),
        ("secret-tree", "encryption_secret"), ("transcript-hashes", "interim_transcript_hash_after"),
        ("tree-operations", "tree_hash_after"), ("tree-validation", "tree_hashes"), ("treekem", "update_paths"),
        ("welcome", "signer_pub"), ("deserialization", "vlbytes_header"),
    ])
    func noticesAnAlteredCase(_ name: String, _ field: String) throws {
        var noticed = false
        for value in try Self.cases(of: name) {
            guard case .object(var fields) = value, let original = fields[field] else { continue }
            let format = try #require(VectorFormat.recognise(value))
            guard case .passed = format.check(value) else { continue }
            fields[field] = Self.altered(original)
            if case .failed = format.check(.object(fields)) { noticed = true }
            break
        }
        #expect(noticed)
    }

    /// Whatever a file says, it ends in a report and not in a trap: sizes, counts and indices are the file's word only.
    @Test(arguments: [
        "crypto-basics", "deserialization", "key-schedule", "message-protection", "messages",
        "passive-client-handling-commit", "passive-client-welcome", "psk_secret", "secret-tree", "transcript-hashes",
        "tree-math", "tree-operations", "tree-validation", "treekem", "welcome",
    ])
    func survivesADamagedCase(_ name: String) throws {
        let cases = try Self.cases(of: name)
        let format = try #require(cases.first.flatMap(VectorFormat.recognise))
        let whole = try #require(
            cases.first { if case .passed = format.check($0) { true } else { false } }, "no case that passes")
        var random = SplitMix64(seed: 7)
        var failures = 0
        for _ in 0..<150 {
            if case .failed = format.check(Self.damaged(whole, &random)) { failures += 1 }
        }
        #expect(failures > 15)
    }

    /// One value somewhere in it replaced by another.
    private static func damaged(_ value: VectorValue, _ random: inout SplitMix64) -> VectorValue {
        switch value {
        case .array(var elements):
            if let place = elements.indices.randomElement(using: &random), Int.random(in: 0..<4, using: &random) > 0 {
                elements[place] = damaged(elements[place], &random)
                return .array(elements)
            }
            return .array(Bool.random(using: &random) ? Array(elements.dropLast()) : elements + elements)
        case .object(var fields):
            guard let name = fields.keys.sorted().randomElement(using: &random) else { return .null }
            fields[name] = fields[name].map { damaged($0, &random) }
            return .object(fields)
        case .number(let number):
            return .number(
                [0, number &+ 1, 1 << 16, 1 << 31, 1 << 32, 1 << 63, .max].randomElement(using: &random) ?? 0)
        case .string(let text):
            return .string(["", "0", "ff", String(text.dropLast(2)), text + "00"].randomElement(using: &random) ?? "")
        case .null: return .number(.max)
        }
    }

    private static func cases(of name: String) throws -> [VectorValue] {
        let url = URL(fileURLWithPath: try #require(vectorFolder)).appendingPathComponent("\(name).json")
        return try JSONDecoder().decode([JSON].self, from: Data(contentsOf: url)).map(\.value)
    }

    /// Every string's last digit changed.
    private static func altered(_ value: VectorValue) -> VectorValue {
        switch value {
        case .string(let text): .string(text.dropLast() + (text.last == "0" ? "1" : "0"))
        case .array(let elements): .array(elements.map(altered))
        case .object(let fields): .object(fields.mapValues(altered))
        case .null, .number: value
        }
    }
}

/// Any JSON of the kinds that vectors hold.
struct JSON: Decodable {
    let value: VectorValue

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            value = .null
        } else if let number = try? container.decode(UInt64.self) {
            value = .number(number)
        } else if let text = try? container.decode(String.self) {
            value = .string(text)
        } else if let elements = try? container.decode([JSON].self) {
            value = .array(elements.map(\.value))
        } else {
            value = .object(try container.decode([String: JSON].self).mapValues(\.value))
        }
    }
}
