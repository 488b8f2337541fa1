import Foundation

/// How many files and connections this process may have open at once.
public enum DescriptorLimit {
    /// Raises the limit to what the system allows it to be raised to. A process gets a low one (often 1,024) for programs that
    /// cannot do with more.
    public static func raise() {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    /// The limit as it is now.
    public static var current: Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return lowest }
        return Int(clamping: limit.rlim_cur)
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    /// POSIX promises as many.
    private static let lowest = 20
}
