import Foundation
import Platform
import Testing

/// A program that holds keys leaves nothing of its memory behind. Each of these is a process of its own, and ends.
@Suite struct ProcessSecrecyTests {
    @Test("a crash is just the end of the process, whoever wanted to hear of it")
    func crash() async throws {
        let result = try #require(
            await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
                signal(SIGSEGV) { _ in
                    write(STDERR_FILENO, "registers\n", 10)
                    _exit(0)
                }
                ProcessSecrecy.begin()
                raise(SIGSEGV)
            })
        #expect(!String(decoding: result.standardErrorContent, as: UTF8.self).contains("registers"))
    }

    @Test("what the process was started to ignore stays ignored") func ignored() async {
        await #expect(processExitsWith: .success) {
            signal(SIGQUIT, SIG_IGN)
            ProcessSecrecy.begin()
            raise(SIGQUIT)
            exit(EXIT_SUCCESS)
        }
    }

    /// The limit holds for files. The system hands a core to a program such as systemd-coredump whatever the limit, but with no
    /// more in it than the filter lets through.
    @Test("there is no core: no file, and nothing in what another program is handed") func core() async {
        await #expect(processExitsWith: .success) {
            ProcessSecrecy.begin()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            let filter = try String(contentsOfFile: "/proc/self/coredump_filter", encoding: .utf8)
            exit(limit.rlim_cur == 0 && limit.rlim_max == 0 && UInt32(filter.prefix(8), radix: 16) == 0 ? 0 : 1)
        }
    }
}
