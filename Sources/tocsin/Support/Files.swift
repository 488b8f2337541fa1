import CallList
import Foundation
import Incident
import Platform
import Terms

/// Reading and writing files named on the command line; `-` is standard input or output.
enum Files {
    /// - Throws: ``CommandError`` where it is missing, unreadable or too large.
    static func read(_ path: String, limit: Int = CallListLimits.bundleBytes) throws -> [UInt8] {
        guard path != "-" else { return try readStandardInput(limit: limit) }
        try checkIsThere(path)
        do {
            return try NewFile.read(URL(fileURLWithPath: path), limit: limit)
        } catch {
            guard error.code == .tooLarge else { throw error }
            throw CommandError(.inputRefused, error.reason)
        }
    }

    static func checkIsThere(_ path: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue else {
            throw CommandError(.noInput, "there is no file \(path)")
        }
    }

    static func readStandardInput(limit: Int) throws -> [UInt8] {
        guard let data = try FileHandle.standardInput.read(upToCount: limit + 1) else { return [] }
        guard data.count <= limit else {
            throw CommandError(.inputRefused, "standard input has more than \(limit) bytes")
        }
        return [UInt8](data)
    }

    /// Writes a new file, whole or not at all; never over one that is there.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws {
        guard path != "-" else {
            guard Terminal.write(bytes, to: STDOUT_FILENO) else {
                throw CommandError(.ioError, "cannot write to standard output")
            }
            return
        }
        try checkIsNew(path)
        try NewFile.write(bytes, to: URL(fileURLWithPath: path), mode: mode)
    }

    /// A file that can be made: for a command to look before it makes what would be of no use without.
    static func checkIsNew(_ path: String) throws {
        guard path != "-" else { return }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandError(
                .cannotCreate, "\(path) exists already", hint: "nothing was overwritten: name another file")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw CommandError(.ioError, "cannot write into the folder \(folder)", hint: "nothing was made")
        }
    }

    /// Replaces a file in one step.
    static func replace(_ bytes: [UInt8], at path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError(.ioError, "cannot write \(path)")
        }
    }
}

/// Text given as an argument, or from standard input where the argument is `-`.
enum Text {
    static func argument(_ text: String) throws -> String {
        guard text == "-" else { return text }
        let bytes = try Files.readStandardInput(limit: EventLimits.textBytes)
        guard let read = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(
                .inputRefused, "standard input is no UTF-8 text", hint: "send it as a file: --file - --name NAME")
        }
        return read.hasSuffix("\n") ? String(read.dropLast()) : read
    }
}
