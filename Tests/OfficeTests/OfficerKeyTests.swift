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

    /// Which list was signed last is kept, so that a second one of its number, or an earlier one, is noticed (case C22).
    @Test func theHighestVersionThatWasSignedIsKept() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        #expect(try OfficerKey.signedVersion(of: officer.url) == nil)
        let first = try officer.list(officer.document)
        let second = try officer.list(officer.document, after: first)
        for list in [first, second, first] { try OfficerKey.note(signed: list, in: officer.url) }
        let kept = try #require(try OfficerKey.signedVersion(of: officer.url))
        #expect(kept.version == 2 && kept.digest == second.digest)
        // Nothing else in the file is another, and a renewal keeps it.
        try officer.renew(inForce: second)
        #expect(try OfficerKey.signedVersion(of: officer.url) == kept)
        #expect(try officer.opens(first) && officer.opens(second))
    }

    // MARK: Renewing the sealing key

    /// An officer with a key file, and the lists that are sealed to documents of it.
    private struct Renewing {
        let url: URL
        let passphrase: SecretBytes
        let officers: Officers

        init(_ url: URL, passphrase: SecretBytes) throws {
            (self.url, self.passphrase) = (url, passphrase)
            let key = try OfficerKey.create(at: url, passphrase: passphrase, now: Founding.now)
            officers = try Officers([key.privateKey], threshold: 1)
        }

        var document: [UInt8] { get throws { try OfficerKey.publicDocument(of: url) } }
        var opened: OfficerKey { get throws { try OfficerKey.open(url, passphrase: passphrase) } }

        /// The list after `previous`, as this document has it compiled.
        func list(_ document: [UInt8], after previous: CallList? = nil) throws -> CallList {
            let version = (previous?.version ?? 0) + 1
            var draft = CallListDraft(
                version: version, issued: Founding.now.addingTimeInterval(Double(version)), validityDays: 90,
                rotations: [], previous: previous?.digest)
            draft.relays = [Founding.relay]
            draft.officers = [try OfficerDocument.read(document)]
            return try officers.verified(officers.signed(draft.bundle(root: officers.root), by: [0]))
        }

        func opens(_ list: CallList) throws -> Bool {
            let reader = try opened.reader
            return (try? OpenedCallList(list, reader: reader)) != nil
        }

        func renew(inForce list: CallList, beside unsigned: CallList? = nil, now: Date = Founding.now) throws {
            try OfficerKey.renew(url, passphrase: passphrase, inForce: list, beside: unsigned, now: now)
        }
    }

    /// Nine lists and nine renewals: each list in force opens, and those before it as far back as eight keys go.
    @Test func nineRenewalsLockNobodyOut() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        var lists: [CallList] = []
        for round in 1...9 {
            lists.append(try officer.list(officer.document, after: lists.last))
            try officer.renew(inForce: lists[round - 1], now: Founding.now.addingTimeInterval(Double(round)))
            #expect(try officer.opens(lists[round - 1]))
        }
        #expect(try lists.map(officer.opens) == [false, false] + Array(repeating: true, count: 7))
        let mode = try FileManager.default.attributesOfItem(atPath: officer.url.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try directory.names == ["officer.key"])
    }

    /// A key that nobody has yet is not replaced by another: however often the officer asks, one is on its way.
    @Test func aKeyThatNoListNamesIsNotRenewed() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        let first = try officer.list(officer.document)
        try officer.renew(inForce: first)
        let (file, newest) = (try directory.read("officer.key"), try officer.document)
        #expect(try officer.opened.listed(in: first) == .older)
        for _ in 0..<3 {
            let error = try #require(refusal { try officer.renew(inForce: first) })
            #expect(error.code == .sealingKeyNotListed && error.hint?.contains("tocsin officer public") == true)
        }
        #expect(try directory.read("officer.key") == file)
        #expect(try officer.document == newest)
        let second = try officer.list(newest, after: first)
        #expect(try officer.opened.listed(in: second) == .newest)
        #expect(throws: Never.self) { try officer.renew(inForce: second) }
    }

    /// Whatever the next list names, it stays: also where that is a key of long ago.
    @Test func whatTheListBeingSignedIsSealedToIsKept() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        let old = try officer.document
        var list = try officer.list(old)
        let stale = list
        for _ in 0..<12 {
            try officer.renew(inForce: list, beside: stale)
            #expect(try officer.opens(list) && officer.opens(stale))
            #expect(try officer.opened.listed(in: stale) == .older)
            list = try officer.list(officer.document, after: list)
        }
    }

    @Test func aListOfOthersRenewsNothing() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        let list = try Founding().list()
        #expect(try officer.opened.listed(in: list) == .absent)
        #expect(refusal { try officer.renew(inForce: list) }?.code == .sealingKeyNotListed)
        // Nor does one that a later copy of the file was used for.
        let first = try officer.list(officer.document)
        let copy = try directory.read("officer.key")
        try officer.renew(inForce: first)
        let second = try officer.list(officer.document, after: first)
        try Data(copy).write(to: officer.url)
        #expect(try officer.opened.listed(in: second) == .unknown)
        #expect(refusal { try officer.renew(inForce: second) }?.code == .sealingKeyNotListed)
    }

    /// A key that was made with a clock ahead is followed by one that the officers take all the same.
    @Test func aRenewalIsDatedAfterTheKeyBefore() throws {
        let officer = try Renewing(directory.file("officer.key"), passphrase: passphrase)
        let list = try officer.list(officer.document)
        try officer.renew(inForce: list, now: Founding.now.addingTimeInterval(-365 * 86_400))
        let created = try OfficerDocument.read(officer.document).sealing.created
        #expect(created == Founding.now.addingTimeInterval(1))
    }
}
