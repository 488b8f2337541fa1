import Foundation
import Testing

@testable import MLS

private let vectorFolder = ProcessInfo.processInfo.environment["TOCSIN_MLS_VECTORS"]

/// The MLS working group's test vectors, in the folder that `TOCSIN_MLS_VECTORS` names. How many cases must pass is
/// pinned, so that a case that is quietly passed over is a failure too.
@Suite(.enabled(if: vectorFolder != nil, "TOCSIN_MLS_VECTORS does not name the vectors' folder"))
struct VectorTests {
    @Test(
        arguments: [
            ("crypto-basics", .cryptoBasics, 1), ("deserialization", .deserialization, 14),
            ("key-schedule", .keySchedule, 1), ("message-protection", .messageProtection, 1),
            ("passive-client-handling-commit", .passiveClient, 13), ("passive-client-welcome", .passiveClient, 8),
            ("psk_secret", .preSharedKeys, 11),
            ("secret-tree", .secretTree, 3), ("transcript-hashes", .transcriptHashes, 1), ("tree-math", .treeMath, 10),
            ("tree-operations", .treeOperations, 5), ("tree-validation", .treeValidation, 14),
            ("treekem", .treeKEM, 11),
            ("welcome", .welcome, 1),
        ] as [(String, VectorFormat, Int)])
    func passes(_ name: String, _ format: VectorFormat, _ expected: Int) throws {
        var passed = 0
        for (number, value) in try Self.cases(of: name).enumerated() {
            #expect(VectorFormat.recognise(value) == format)
            switch format.check(value) {
            case .passed: passed += 1
            case .unsupported: break
            case .failed(let reason): Issue.record("\(name), case \(number): \(reason)")
            }
        }
        #expect(passed == expected)
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
private struct JSON: Decodable {
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
