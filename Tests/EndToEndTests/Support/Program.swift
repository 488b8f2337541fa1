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
        person: Child.Person = .nobody, limit: Duration = .seconds(120)
    ) async throws -> Finished {
        let files = FileManager.default.temporaryDirectory.appendingPathComponent("tocsin-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let (standardInput, output, errors) = (
            files.appendingPathComponent("input"), files.appendingPathComponent("output"),
            files.appendingPathComponent("errors")
        )
        try input.write(to: standardInput)
        let child = try Child(
            executable, arguments, environment: environment, directory: directory, person: person,
            input: try Descriptor(standardInput, O_RDONLY), output: try Descriptor(output, O_WRONLY | O_CREAT),
            errors: try Descriptor(errors, O_WRONLY | O_CREAT))
        let watchdog = Task {
            try await Task.sleep(for: limit)
            child.signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        let status = await child.status()
        return Finished(
            status: status, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
}

/// A process that runs on: what it writes, to standard output and error, is read line by line as it comes.
final class Running: Sendable {
    private struct State {
        var lines: [String] = []
        var isEnded = false
    }

    private let child: Child
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    var pid: pid_t { child.pid }

    /// - Parameter log: a file that all it writes is added to.
    init(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL, log: URL
    ) throws {
        let (reading, writing) = try Descriptor.pipe()
        child = try Child(
            executable, arguments, environment: environment, directory: directory,
            input: try Descriptor(URL(fileURLWithPath: "/dev/null"), O_RDONLY), output: writing, errors: writing)
        let log = try Descriptor(log, O_WRONLY | O_CREAT | O_APPEND)
        let continuation: AsyncStream<Void>.Continuation
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        // A thread that blocks: it ends when the process does.
        Thread.detachNewThread { [weak self] in
            var rest = Data()
            while case let data = reading.read(), !data.isEmpty {
                log.write(data)
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

    func signal(_ number: Int32) { child.signal(number) }

    func status() async -> Int32 { await child.status() }

    deinit { child.signal(SIGKILL) }
}
