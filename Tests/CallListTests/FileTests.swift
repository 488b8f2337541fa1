import Foundation
import Platform
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

/// Files that are written once, and the check that nothing secret lies among public documents.
@Suite struct FileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: [0, 1, 100_000])
    func writesWholeAndLeavesNothingElse(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        try NewFile.write(bytes, to: directory.file("a"), mode: 0o600)
        #expect(try NewFile.read(directory.file("a"), limit: 1 << 20) == bytes)
        #expect(try directory.names == ["a"])
        let mode = try FileManager.default.attributesOfItem(atPath: directory.file("a").path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func neverOverwrites() throws {
        try NewFile.write([1], to: directory.file("a"), mode: 0o600)
        let error = try #require(fileRefusal { try NewFile.write([2], to: directory.file("a"), mode: 0o600) })
        #expect(error.code == .exists)
        #expect(error.reason.contains("exists already"))
        #expect(error.hint?.contains("nothing was overwritten") == true)
        #expect(try directory.read("a") == [1])
        #expect(try directory.names == ["a"])
    }

    @Test func aCrashsRemainsAreNotInTheWay() throws {
        let remains = "a.\(ProcessInfo.processInfo.processIdentifier).new"
        try directory.write(remains, [9])
        try NewFile.write([1], to: directory.file("a"), mode: 0o600)
        #expect(try directory.read("a") == [1])
        #expect(try directory.names == ["a", remains])
    }

    @Test func neverWritesThroughALink() throws {
        try directory.write("target", [1])
        try FileManager.default.createSymbolicLink(
            at: directory.file("link"), withDestinationURL: directory.file("target"))
        #expect(fileRefusal { try NewFile.write([2], to: directory.file("link"), mode: 0o600) }?.code == .exists)
        #expect(try directory.read("target") == [1])
    }

    @Test func saysWhatCannotBeWritten() {
        let url = directory.file("no/such/folder")
        #expect(fileRefusal { try NewFile.write([1], to: url, mode: 0o600) }?.reason.contains(url.path) == true)
    }

    @Test func readsUpToTheLimit() throws {
        try directory.write("a", [1, 2, 3])
        #expect(try NewFile.read(directory.file("a"), limit: 3) == [1, 2, 3])
        #expect(fileRefusal { _ = try NewFile.read(directory.file("a"), limit: 2) }?.code == .tooLarge)
        #expect(fileRefusal { _ = try NewFile.read(directory.file("b"), limit: 1) }?.code == .failed)
        #expect(fileRefusal { _ = try NewFile.read(directory.url, limit: 1) }?.code == .failed)
    }

    // MARK: Public documents only

    @Test func findsNothingAmongPublicDocuments() throws {
        let fixture = try Fixture()
        try fixture.directory.write("root.json", fixture.root.envelope)
        try fixture.directory.write("list.json", fixture.list().bundleBytes)
        try fixture.directory.write("list.yaml", Array(fixture.source().utf8))
        #expect(try PublicOnlyCheck.findSecrets(in: fixture.directory.url).isEmpty)
    }

    @Test func findsWhatIsSecret() throws {
        _ = try OfficerKey.create(at: directory.file("officer.key"), passphrase: .random(count: 8))
        try directory.write("tls.pem", Array("-----BEGIN PRIVATE KEY-----\n".utf8))
        try directory.write("vault.db", Array("SQLite format 3\0".utf8))
        try directory.write("sensor.key", Array((String(repeating: "0f", count: 32) + "\n").utf8))
        try directory.write("sensor.crlf", Array((String(repeating: "0F", count: 32) + "\r\n").utf8))
        try directory.write("sensor.note", Array(("key:\n  " + String(repeating: "0f", count: 32) + " \n").utf8))
        try directory.write("readme.md", Array("nothing here".utf8))
        let deep = directory.file("a/b")
        try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
        try Data("wrappedKey".utf8).write(to: deep.appendingPathComponent(".hidden"))
        let found = try PublicOnlyCheck.findSecrets(in: directory.url).map { ($0 as NSString).lastPathComponent }
        #expect(
            Set(found)
                == [".hidden", "officer.key", "sensor.crlf", "sensor.key", "sensor.note", "tls.pem", "vault.db"])
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

private func fileRefusal(_ body: () throws -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch { return error as? FileError }
}
