import Foundation
import Terms

/// The real executable, with what it writes in a file.
struct RelayProcess {
    let pid: pid_t
    private let output: URL

    static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("tocsin-relay")

    struct Failure: Error {
        let code: Int32
    }

    init(_ arguments: [String], environment: [String] = [], directory: TemporaryDirectory) throws {
        output = directory.url.appendingPathComponent("output-\(UUID().uuidString)")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var argv = ([Self.executable.path] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, Self.executable.path, &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(code: code) }
        self.pid = pid
    }

    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    /// Waits for it to end, 20 seconds at most.
    /// - Returns: its wait status.
    func end() async throws -> Int32 {
        var status: Int32 = 0
        for _ in 0..<200 {
            if waitpid(pid, &status, WNOHANG) == pid { return status }
            try await Task.sleep(for: .milliseconds(100))
        }
        kill(pid, SIGKILL)
        waitpid(pid, &status, 0)
        return status
    }
}
