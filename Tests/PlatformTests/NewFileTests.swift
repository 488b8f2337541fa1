import Foundation
import Platform
import Terms
import TestTeam
import Testing

/// Files that are written once, whole or not at all, and read up to a limit.
@Suite struct NewFileTests {
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

    @Test func replacesWholeAndLeavesNothingElse() throws {
        for bytes in [[1], [2, 3]] as [[UInt8]] {
            try NewFile.replace(bytes, at: directory.file("a"), mode: 0o600)
            #expect(try directory.read("a") == bytes)
        }
        #expect(try directory.names == ["a"])
        let mode = try FileManager.default.attributesOfItem(atPath: directory.file("a").path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        // A folder is in the way: what was there stays, and nothing beside it.
        try FileManager.default.createDirectory(at: directory.file("b"), withIntermediateDirectories: false)
        #expect(fileRefusal { try NewFile.replace([1], at: directory.file("b"), mode: 0o600) }?.code == .failed)
        #expect(try directory.names == ["a", "b"])
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
}

private func fileRefusal(_ body: () throws -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch { return error as? FileError }
}
