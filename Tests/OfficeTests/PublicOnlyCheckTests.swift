import CallList
import Foundation
import Office
import Sodium
import Terms
import TestTeam
import Testing

/// The check that nothing secret lies among public documents.
@Suite struct PublicOnlyCheckTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func findsNothingAmongPublicDocuments() throws {
        let fixture = try Founding()
        try fixture.directory.write("root.json", fixture.root.envelope)
        try fixture.directory.write("list.json", fixture.list().bundleBytes)
        try fixture.directory.write("list.yaml", Array(fixture.source().utf8))
        // What everybody types after --root-digest.
        try fixture.directory.write("root.digest", Array("\(fixture.root.digest)\n".utf8))
        #expect(try PublicOnlyCheck.findSecrets(in: fixture.directory.url).isEmpty)
    }

    @Test func findsWhatIsSecret() throws {
        _ = try OfficerKey.create(at: directory.file("officer.key"), passphrase: .random(count: 8))
        try directory.write("tls.pem", Array("-----BEGIN PRIVATE KEY-----\n".utf8))
        try directory.write("vault.db", Array("SQLite format 3\0".utf8))
        let digits = String(repeating: "0f", count: 32)
        try directory.write("sensor.key", Array("TOCSIN-SECRET-SENSOR-KEY-1 \(digits)\n".utf8))
        try directory.write("sensor.note", Array("key:\r\n  TOCSIN-SECRET-SENSOR-KEY-1 \(digits) \r\n".utf8))
        try directory.write("identity.seed", Array("TOCSIN-SECRET-RELAY-KEY-1 \(digits)".utf8))
        try directory.write("readme.md", Array("nothing here".utf8))
        let deep = directory.file("a/b")
        try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
        try Data("wrappedKey".utf8).write(to: deep.appendingPathComponent(".hidden"))
        let found = try PublicOnlyCheck.findSecrets(in: directory.url).map { ($0 as NSString).lastPathComponent }
        #expect(
            Set(found)
                == [".hidden", "identity.seed", "officer.key", "sensor.key", "sensor.note", "tls.pem", "vault.db"])
    }

    @Test func aFolderThatIsNotThereIsNoClean() {
        #expect(refusal { _ = try PublicOnlyCheck.findSecrets(in: directory.file("none")) }?.code == .fileFailure)
    }

    @Test func aFileThatCannotBeReadIsNoClean() throws {
        try FileManager.default.createSymbolicLink(
            at: directory.file("dangling"), withDestinationURL: directory.file("none"))
        #expect(refusal { _ = try PublicOnlyCheck.findSecrets(in: directory.url) }?.code == .fileFailure)
    }
}
