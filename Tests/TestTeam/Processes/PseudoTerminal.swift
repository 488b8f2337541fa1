import Foundation
import Synchronization

/// A terminal with a person at it: reads what is shown, and types once it is asked.
package final class PseudoTerminal: Sendable {
    package struct NobodyAsks: Error {
        let text: String
        let shown: String
    }

    /// The device's path, for a process to open.
    package let name: String
    private let screen: Descriptor
    /// Held open, so that the screen can be read whether or not a process has the terminal open just now.
    private let keyboard: Descriptor
    private let seen = Mutex("")

    package init() throws {
        (screen, keyboard, name) = try ChildProcess.withNoneStarting {
            var ends: (Int32, Int32) = (-1, -1)
            guard openpty(&ends.0, &ends.1, nil, nil, nil) == 0, let name = ttyname(ends.1) else {
                throw Descriptor.CannotOpen(what: "pseudo-terminal")
            }
            for end in [ends.0, ends.1] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (Descriptor(number: ends.0), Descriptor(number: ends.1), String(cString: name))
        }
    }

    /// Everything shown so far, with what the terminal echoed of what was typed.
    package var shown: String { seen.withLock { $0 } }

    /// Types `answer` as soon as `question` is shown, after all that was shown before.
    /// - Throws: where the process is at its end, or nothing comes within the limit.
    package func answer(_ question: String, with answer: String, limit: Duration = .seconds(60)) async throws {
        try await waitFor(question, limit: limit)
        screen.write(Data(answer.utf8))
    }

    /// Reads until `text` is shown, after all that was waited for before.
    package func waitFor(_ text: String, limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while true {
            let found = asked.withLock { asked in
                let shown = shown
                let start = shown.index(shown.startIndex, offsetBy: asked)
                guard let range = shown[start...].range(of: text) else { return false }
                asked = shown.distance(from: shown.startIndex, to: range.upperBound)
                return true
            }
            if found { return }
            guard ContinuousClock.now < deadline else { throw NobodyAsks(text: text, shown: shown) }
            let more = await read(for: 100)
            seen.withLock { $0 += String(decoding: more, as: UTF8.self) }
        }
    }

    private let asked = Mutex(0)

    /// What comes within so many milliseconds, on a thread that may block.
    private func read(for milliseconds: Int32) async -> Data {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [screen] in
                var waiting = pollfd(fd: screen.number, events: Int16(POLLIN), revents: 0)
                guard poll(&waiting, 1, milliseconds) > 0 else { return continuation.resume(returning: Data()) }
                continuation.resume(returning: screen.read())
            }
        }
    }

    /// Whether what is typed now would be shown.
    package var echoes: Bool {
        var state = termios()
        return tcgetattr(keyboard.number, &state) == 0 && state.c_lflag & tcflag_t(ECHO) != 0
    }
}
