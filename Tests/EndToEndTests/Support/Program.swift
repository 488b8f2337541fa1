import Foundation
import Synchronization

/// A finished process: what it wrote and how it ended.
struct Finished: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The last line of the output, as JSON.
    func json() throws -> [String: Any] {
        let line = output.split(separator: "\n").last.map(String.init) ?? ""
        guard let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw HarnessError("no JSON object in: \(output) \(errors)")
        }
        return value
    }

    func string(_ key: String) throws -> String {
        guard let value = try json()[key] as? String else { throw HarnessError("no \(key) in: \(output)") }
        return value
    }
}

struct HarnessError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A real executable of this package (or another), started as a person would.
enum Program {
    /// Where the built executables are.
    static let binaries: URL = {
        if let path = ProcessInfo.processInfo.environment["TOCSIN_BIN"] { return URL(fileURLWithPath: path) }
        return repository.appendingPathComponent(".build/debug")
    }()

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Runs to the end. A process that takes longer than `limit` is killed, and the test fails. Input and output go through
    /// files: nothing can fill up, and no other process can hold them open.
    static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL, input: Data = Data(),
        limit: Duration = .seconds(120)
    ) async throws -> Finished {
        let files = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let (standardInput, output, errors) = (
            files.appendingPathComponent("input"), files.appendingPathComponent("output"),
            files.appendingPathComponent("errors")
        )
        try input.write(to: standardInput)
        for file in [output, errors] { try Data().write(to: file) }
        let process = process(executable, arguments, environment: environment, directory: directory)
        process.standardInput = try FileHandle(forReadingFrom: standardInput)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let ended = Exit(process)
        try process.run()
        let watchdog = Task {
            try await Task.sleep(for: limit)
            kill(process.processIdentifier, SIGKILL)
        }
        defer { watchdog.cancel() }
        let status = await ended.status()
        return Finished(
            status: status, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    static func process(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL
    ) -> Process {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = directory
        return process
    }
}

/// A process's end, to be awaited. Made before it starts.
final class Exit: Sendable {
    private let stream: AsyncStream<Int32>

    init(_ process: Process) {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        self.stream = stream
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
    }

    func status() async -> Int32 {
        for await status in stream { return status }
        return -1
    }
}

/// A process that runs on: what it writes, to standard output and error, is read line by line as it comes.
final class Running: Sendable {
    private struct State {
        var lines: [String] = []
        var isEnded = false
    }

    let pid: Int32
    private let exit: Exit
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>

    /// - Parameter log: a file that all it writes is added to.
    init(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL, log: URL
    ) throws {
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let logHandle = try FileHandle(forWritingTo: log)
        try logHandle.seekToEnd()
        let process = Program.process(executable, arguments, environment: environment, directory: directory)
        exit = Exit(process)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
        let continuation: AsyncStream<Void>.Continuation
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let input = pipe.fileHandleForReading
        // A thread that blocks: it ends when the process does.
        Thread.detachNewThread { [weak self] in
            var rest = Data()
            while case let data = input.availableData, !data.isEmpty {
                try? logHandle.write(contentsOf: data)
                rest += data
                guard let end = rest.lastIndex(of: 0x0a) else { continue }
                let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
                rest = Data(rest[rest.index(after: end)...])
                self?.state.withLock { $0.lines += lines }
                continuation.yield()
            }
            self?.state.withLock { $0.isEnded = true }
            continuation.finish()
        }
    }

    private var lines: [String] { state.withLock { $0.lines } }

    /// Waits for a line that holds `text`. One waiter at a time.
    func line(holding text: String, limit: Duration = .seconds(60)) async throws -> String {
        let watchdog = Task {
            try await Task.sleep(for: limit)
            signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        var iterator = changes.makeAsyncIterator()
        while true {
            let (line, isEnded) = state.withLock { state in
                (state.lines.first { $0.contains(text) }, state.isEnded)
            }
            if let line { return line }
            guard !isEnded else { break }
            await iterator.next()
        }
        throw HarnessError("no line with “\(text)” came; there are: \(lines.joined(separator: "\n"))")
    }

    func signal(_ number: Int32) { kill(pid, number) }

    func status() async -> Int32 { await exit.status() }

    deinit { kill(pid, SIGKILL) }
}
