import Foundation
import Platform
import Testing

@Suite struct DescriptorLimitTests {
    /// In a process of its own: the limit is the process's.
    @Test func itIsRaisedToWhatTheSystemAllows() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            try #require(getrlimit(resource, &limit) == 0)
            limit.rlim_cur = min(200, limit.rlim_max)
            try #require(setrlimit(resource, &limit) == 0)
            #expect(DescriptorLimit.current == Int(limit.rlim_cur))
            DescriptorLimit.raise()
            #expect(DescriptorLimit.current == Int(clamping: limit.rlim_max))
        }
    }
}
