package import Foundation
import Synchronization

/// A started process. Foundation's own crashes where several tasks start processes at once, so this calls posix_spawn. It is
/// ended when this process ends, however that ends.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let course: Course

    /// Who sits before the process.
    package enum Person: Sendable {
        /// No terminal at all: what would ask is refused, and no test waits for somebody's answer.
        case nobody
        case at(PseudoTerminal)
    }

    package struct CannotStart: Error {
        let reason: String
    }

    /// How it began and ended, and who waits for that.
    private final class Course: Sendable {
        struct State {
            var start: (code: Int32, pid: pid_t) = (0, 0)
            /// As wait has it.
            var status: Int32?
            var waiting: [CheckedContinuation<Int32, Never>] = []
        }
        let state = Mutex(State())
        let (started, ended) = (DispatchGroup(), DispatchGroup())

        init() {
            started.enter()
            ended.enter()
        }

        func start(_ start: (code: Int32, pid: pid_t)) {
            state.withLock { $0.start = start }
            started.leave()
        }

        func end(_ status: Int32) {
            let waiting = state.withLock { state in
                state.status = status
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: status) }
            ended.leave()
        }
    }

    /// - Parameter directory: where it runs.
    package init(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL,
        person: Person = .nobody, input: Descriptor, output: Descriptor, errors: Descriptor
    ) throws {
        // setpriv has the system end it with its parent; env changes the folder. Each becomes the next, under one number.
        let command =
            ["/usr/bin/setpriv", "--pdeathsig", "TERM", "/usr/bin/env", "-C", directory.path, executable.path]
            + arguments
        let course = Course()
        // The parent is, to the system, the thread that started it: so that one stays until it has ended.
        Thread.detachNewThread {
            let start = Self.spawn(command, environment, person, [input, output, errors])
            course.start(start)
            var status: Int32 = 0
            if start.code == 0 { while waitpid(start.pid, &status, 0) < 0, errno == EINTR {} }
            course.end(status)
        }
        course.started.wait()
        let start = course.state.withLock { $0.start }
        guard start.code == 0 else {
            throw CannotStart(reason: "\(executable.path): \(String(cString: strerror(start.code)))")
        }
        (pid, self.course) = (start.pid, course)
    }

    /// Held while a process starts.
    private static let starting = Mutex(())
    /// POSIX_SPAWN_SETSID, which is not visible to Swift.
    private static let ownSession: Int16 = 0x80
    private static let unused: Int32 = 9

    private static func spawn(
        _ command: [String], _ environment: [String: String], _ person: Person, _ descriptors: [Descriptor]
    ) -> (code: Int32, pid: pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source.number, Int32(target))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, ownSession)
        if case .at(let terminal) = person {
            // The first terminal that a session's leader opens becomes the session's; the descriptor itself is not needed.
            posix_spawn_file_actions_addopen(&actions, unused, terminal.name, O_RDWR, 0)
            posix_spawn_file_actions_addclose(&actions, unused)
        }
        var argv = command.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        return starting.withLock { _ in
            var pid: pid_t = 0
            let code = posix_spawn(&pid, command[0], &actions, &attributes, &argv, &envp)
            return (code, pid)
        }
    }

    /// While `body` runs no child starts, and none holds what this process has closed. Until it has become another program, a
    /// child that was started holds all its parent's files: their locks, and the ports that they listen on.
    package static func withNoneStarting<T>(_ body: () throws -> T) rethrows -> T {
        try starting.withLock { _ in try body() }
    }

    /// Nothing where it has ended: its number may be another's by now.
    package func signal(_ number: Int32) {
        course.state.withLock { state in
            if state.status == nil { Glibc.kill(pid, number) }
        }
    }

    /// Kills it, with what it started in turn.
    private func killAll() {
        course.state.withLock { state in
            if state.status == nil { Glibc.kill(-pid, SIGKILL) }
        }
    }

    /// Ends it, and returns when it has ended.
    package func kill() {
        killAll()
        course.ended.wait()
    }

    /// Waits for its end.
    /// - Returns: its status, as wait has it: of a process that a signal ended, that signal's number.
    package func waitStatus() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = course.state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Kills it, should it still run after `limit`, and waits for its end.
    package func waitStatus(within limit: Duration) async -> Int32 {
        let watchdog = Task {
            try await Task.sleep(for: limit)
            killAll()
        }
        defer { watchdog.cancel() }
        return await waitStatus()
    }

    /// As a shell has it: the status, or 128 and the number of the signal that ended it.
    static func shellStatus(_ status: Int32) -> Int32 {
        status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }

    /// Waits for its end.
    package func status() async -> Int32 { Self.shellStatus(await waitStatus()) }
}
