import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

@Suite struct OfficerKeyTests {
    private let directory: TemporaryDirectory
    private let passphrase = SecretBytes(Array("correct horse".utf8))

    init() throws { directory = try TemporaryDirectory() }

    @Test func aKeyIsMadeAndOpened() throws {
        let url = directory.file("officer.key")
        let made = try OfficerKey.create(at: url, passphrase: passphrase)
        let opened = try OfficerKey.open(url, passphrase: passphrase)
        #expect(opened.privateKey.publicKey == made.privateKey.publicKey)
        #expect(opened.privateKey.signature(for: [1]) == made.privateKey.signature(for: [1]))
        let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try directory.names == ["officer.key"])
        // The seed is not in the file in any form that one would look for.
        let text = String(decoding: try directory.read("officer.key"), as: UTF8.self)
        let seed = made.privateKey.seed.exposedCopy()
        #expect(!text.contains(Data(seed).base64EncodedString()))
        #expect(!text.contains(Hexadecimal.encode(seed)))
    }

    @Test func aWrongPassphraseIsSaidSo() throws {
        let url = directory.file("officer.key")
        _ = try OfficerKey.create(at: url, passphrase: passphrase)
        for wrong in ["correct horsf", "correct horse ", ""] {
            #expect(
                refusal { _ = try OfficerKey.open(url, passphrase: SecretBytes(Array(wrong.utf8))) }?.code
                    == .wrongPassphrase)
        }
    }

    @Test func anEmptyPassphraseIsRefusedBeforeAnythingIsWritten() throws {
        #expect(
            refusal { _ = try OfficerKey.create(at: directory.file("k"), passphrase: SecretBytes([])) }?.code
                == .sourceRefused)
        #expect(try directory.names.isEmpty)
    }

    @Test func anExistingFileIsNeverOverwritten() throws {
        try directory.write("officer.key", [1, 2, 3])
        let error = refusal {
            _ = try OfficerKey.create(at: directory.file("officer.key"), passphrase: passphrase)
        }
        #expect(error?.code == .fileExists)
        #expect(try directory.read("officer.key") == [1, 2, 3])
        #expect(try directory.names == ["officer.key"])
    }

    @Test func aMissingFileIsSaidSo() {
        #expect(
            refusal { _ = try OfficerKey.open(directory.file("none"), passphrase: passphrase) }?.code == .fileFailure)
    }

    @Test func everyTruncationIsRefused() throws {
        let url = directory.file("officer.key")
        _ = try OfficerKey.create(at: url, passphrase: passphrase)
        let whole = try directory.read("officer.key")
        for length in whole.indices {
            try directory.write("cut", Array(whole.prefix(length)))
            #expect(
                refusal { _ = try OfficerKey.open(directory.file("cut"), passphrase: passphrase) }?.code == .malformed)
        }
    }

    /// Each field damaged by itself: refused, and before memory is taken for parameters out of range.
    @Test(
        arguments: [
            ("type", "x", .malformed), ("publicKey", "AAAA", .malformed), ("salt", "AAAA", .malformed),
            ("passes", 0, .malformed), ("passes", 1 << 40, .malformed), ("memoryKiB", 1, .malformed),
            ("memoryKiB", 1 << 40, .malformed), ("sealedSeed", "AAAA", .wrongPassphrase),
            ("sealedSeed", "", .wrongPassphrase), ("publicKey", Self.otherKey, .wrongPassphrase),
        ] as [(String, any Sendable, CallListError.Code)])
    func aDamagedFieldIsRefused(_ field: String, _ value: any Sendable, _ expected: CallListError.Code) throws {
        let url = directory.file("officer.key")
        _ = try OfficerKey.create(at: url, passphrase: passphrase)
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(directory.read("officer.key"))) as? [String: Any])
        object[field] = value
        try directory.write("damaged", [UInt8](JSONSerialization.data(withJSONObject: object)))
        #expect(
            refusal { _ = try OfficerKey.open(directory.file("damaged"), passphrase: passphrase) }?.code == expected)
    }

    private static let otherKey = Data(repeating: 5, count: 32).base64EncodedString()

    @Test func thePublicDocumentNeedsNoPassphrase() throws {
        let url = directory.file("officer.key")
        let made = try OfficerKey.create(at: url, passphrase: passphrase)
        let document = try OfficerKey.publicDocument(of: url)
        #expect(try OfficerKey.publicKey(from: document) == made.privateKey.publicKey)
        for altered in [Array(document.dropLast()), [], Array("{}".utf8), try directory.read("officer.key")] {
            let error = refusal { _ = try OfficerKey.publicKey(from: altered) }
            #expect(error?.code == .malformed)
            #expect(error?.hint != nil)
        }
    }
}
