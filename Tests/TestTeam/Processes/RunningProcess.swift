package import Foundation
import Synchronization

/// A process that runs on: what it writes, to standard output and error, is read line by line as it comes.
package final class RunningProcess: Sendable {
    private struct State {
        var lines: [String] = []
        var isEnded = false
    }

    package struct NoSuchLine: Error {
        let text: String
        let lines: [String]
    }

    private let child: ChildProcess
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    package var pid: pid_t { child.pid }

    /// - Parameter log: a file that all it writes is added to.
    package init(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL, log: URL
    ) throws {
        let (reading, writing) = try Descriptor.pipe()
        child = try ChildProcess(
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
            self?.state.withLock { state in
                if !rest.isEmpty { state.lines.append(String(decoding: rest, as: UTF8.self)) }
                state.isEnded = true
            }
            continuation.finish()
        }
    }

    /// What it wrote so far.
    package var lines: [String] { state.withLock { $0.lines } }

    /// Waits for a line that holds `text`, and gives all up to it but the first `count`. One waiter at a time.
    package func lines(through text: String, after count: Int) async throws -> [String] {
        _ = try await line(holding: text, after: count)
        let lines = lines.dropFirst(count)
        guard let end = lines.firstIndex(where: { $0.contains(text) }) else { return Array(lines) }
        return Array(lines[...end])
    }

    /// Waits for a line that holds `text`, after the first `count`. One waiter at a time. A process that does not write it in
    /// time is killed.
    package func line(holding text: String, after count: Int = 0, limit: Duration = .seconds(60)) async throws -> String
    {
        let watchdog = Task {
            try await Task.sleep(for: limit)
            signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        var iterator = changes.makeAsyncIterator()
        while true {
            let (line, isEnded) = state.withLock { state in
                (state.lines.dropFirst(count).first { $0.contains(text) }, state.isEnded)
            }
            if let line { return line }
            guard !isEnded else { break }
            await iterator.next()
        }
        throw NoSuchLine(text: text, lines: lines)
    }

    package func signal(_ number: Int32) { child.signal(number) }

    package func status() async -> Int32 { await child.status() }

    /// Waits until it has ended and all that it wrote is read; kills it, should it still run after `limit`.
    /// - Returns: its status, as wait has it.
    package func end(within limit: Duration = .seconds(60)) async -> Int32 {
        let status = await child.waitStatus(within: limit)
        var iterator = changes.makeAsyncIterator()
        while !state.withLock({ $0.isEnded }) { await iterator.next() }
        return status
    }

    /// Ends it, and returns when it has ended.
    package func kill() { child.kill() }

    deinit { child.signal(SIGKILL) }
}
