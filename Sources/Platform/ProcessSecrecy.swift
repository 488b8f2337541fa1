import Foundation

/// For programs that hold keys: nothing of their memory is left behind when they crash.
public enum ProcessSecrecy {
    /// What Swift's runtime catches to print registers, the memory that they point to, and a backtrace.
    private static let caught = [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// No report by Swift's backtracer, and no core file. To be called first thing in `main`.
    ///
    /// The runtime installs its handlers before `main`, whatever a program does; the environment (`SWIFT_BACKTRACE`) is
    /// the user's, and it is too late to set it. So the handlers are taken out again: a crash is then just the end of the
    /// process, by the signal that it was.
    public static func begin() {
        for number in caught {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0 else { continue }
            // What the process was started to ignore stays ignored.
            let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            guard handler != unsafeBitCast(SIG_IGN, to: Int.self) else { continue }
            signal(number, SIG_DFL)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // The limit does not hold where a core goes to another program, which is what many systems are set up for: that one
        // is handed a core with no memory in it.
        let descriptor = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        write(descriptor, "0", 1)
        close(descriptor)
    }
}
