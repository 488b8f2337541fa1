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
        let officer = try OfficerDocument.read(document)
        #expect(officer.key == made.privateKey.publicKey)
        for altered in [Array(document.dropLast()), [], Array("{}".utf8), try directory.read("officer.key")] {
            let error = refusal { _ = try OfficerDocument.read(altered) }
            #expect(error?.code == .malformed)
            #expect(error?.hint != nil)
        }
    }

    /// [R17] A public document with somebody else's sealing key is refused: the list would be sealed to them.
    @Test func theSealingKeyIsSignedByTheRootKey() throws {
        let names = ["a", "b"]
        for name in names { _ = try OfficerKey.create(at: directory.file(name), passphrase: passphrase) }
        var objects = try names.map { name in
            try #require(
                JSONSerialization.jsonObject(with: Data(OfficerKey.publicDocument(of: directory.file(name))))
                    as? [String: Any])
        }
        objects[0]["sealing"] = objects[1]["sealing"]
        let forged = [UInt8](try JSONSerialization.data(withJSONObject: objects[0]))
        #expect(refusal { _ = try OfficerDocument.read(forged) }?.code == .notSigned)
    }

    /// A renewal makes a new key, keeps that before it for the list in force, and forgets those before.
    @Test func aRenewalKeepsTheKeyBefore() throws {
        let url = directory.file("officer.key")
        let fixture = try Founding()
        let first = try OfficerKey.create(at: url, passphrase: passphrase, now: Founding.now)
        let officer = { try OfficerDocument.read(OfficerKey.publicDocument(of: url)) }
        let sealed = try fixture.list()
        // Handed over: sealed to this officer's key of the time.
        let handovers = try (0..<3).map { count in
            if count > 0 {
                _ = try OfficerKey.renew(
                    url, passphrase: passphrase, now: Founding.now.addingTimeInterval(Double(count)))
            }
            return try ViewHandover.make(of: sealed, by: fixture.officers.reader(0), to: officer())
        }
        let opened = try OfficerKey.open(url, passphrase: passphrase)
        #expect(opened.privateKey.publicKey == first.privateKey.publicKey)
        #expect(try officer().sealing.created == Founding.now.addingTimeInterval(2))
        #expect(
            refusal { _ = try ViewHandover.take(handovers[0], by: opened.reader) }?.code == .viewNotForThisDevice)
        for handover in handovers.dropFirst() {
            #expect(throws: Never.self) { try ViewHandover.take(handover, by: opened.reader) }
        }
        let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try directory.names == ["officer.key"])
    }
}
