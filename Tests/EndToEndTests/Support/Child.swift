import Foundation
import Synchronization

/// A started process. Foundation's own crashes where several tasks start processes at once, so this calls posix_spawn.
final class Child: Sendable {
    let pid: pid_t
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }
    private let state = Mutex(State())

    /// Who sits before the process.
    enum Person {
        /// Whoever started the tests, if anybody.
        case whoeverIsThere
        /// No terminal at all: what would ask is refused, and no test waits for somebody's answer.
        case nobody
        case at(PseudoTerminal)
    }

    init(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL,
        person: Person = .whoeverIsThere, input: Descriptor, output: Descriptor, errors: Descriptor
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [(0, input), (1, output), (2, errors)] as [(Int32, Descriptor)] {
            posix_spawn_file_actions_adddup2(&actions, source.number, target)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        switch person {
        case .whoeverIsThere: break
        case .nobody: posix_spawnattr_setflags(&attributes, Self.ownSession)
        case .at(let terminal):
            posix_spawnattr_setflags(&attributes, Self.ownSession)
            // The first terminal that a session's leader opens becomes the session's; the descriptor itself is not needed.
            posix_spawn_file_actions_addopen(&actions, Self.unused, terminal.name, O_RDWR, 0)
            posix_spawn_file_actions_addclose(&actions, Self.unused)
        }
        // env changes the folder; Glibc's own action for that is not visible to Swift.
        let command = ["/usr/bin/env", "-C", directory.path, executable.path] + arguments
        let (code, pid) = Self.withCStrings(command) { argv in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                Descriptor.opening.withLock { _ in
                    var pid: pid_t = 0
                    let code = posix_spawn(&pid, command[0], &actions, &attributes, argv, envp)
                    return (code, pid)
                }
            }
        }
        guard code == 0 else {
            throw HarnessError("cannot start \(executable.path): \(String(cString: strerror(code)))")
        }
        self.pid = pid
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            // As a shell has it: 128 and the signal's number.
            ended(status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
        }
    }

    /// POSIX_SPAWN_SETSID, which is not visible to Swift.
    private static let ownSession: Int16 = 0x80
    private static let unused: Int32 = 9

    private func ended(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    /// Nothing where it has ended: its number may be another's by now.
    func signal(_ number: Int32) {
        state.withLock { state in
            if state.status == nil { kill(pid, number) }
        }
    }

    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    private static func withCStrings<T>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> T
    ) -> T {
        var pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}

/// An open file, closed with its last owner, and not handed to children unless asked for.
final class Descriptor: Sendable {
    let number: Int32

    init(_ file: URL, _ flags: Int32) throws {
        number = open(file.path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw HarnessError("cannot open \(file.path)") }
    }

    /// No process starts between a pipe and its mark "not for children".
    static let opening = Mutex(())

    init(number: Int32) { self.number = number }

    deinit { close(number) }

    static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        try opening.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard Glibc.pipe(&ends) == 0 else { throw HarnessError("no pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
        }
    }

    /// What is there; empty at the end.
    func read() -> Data {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(number, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return Data(buffer.prefix(max(0, count)))
        }
    }

    func write(_ data: Data) {
        _ = data.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
    }
}
