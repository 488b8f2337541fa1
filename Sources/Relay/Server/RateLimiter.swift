import Foundation
import RelayAPI
import Synchronization

/// Rate limits: a bucket of tokens for each key, filled at a steady rate.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var filled: Date
    }

    private let perSecond: Double
    private let burst: Double
    private let buckets = Mutex<[Key: Bucket]>([:])
    /// Beyond this number the fullest half is forgotten, so that keys cannot take all memory, nor each new one all time.
    private let keptBuckets = 20_000
    /// Seconds; nobody is told to wait longer.
    private let longestWait = 3_600.0

    /// - Parameter perSecond: more than 0.
    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = max(1, burst)
    }

    /// Takes a token.
    /// - Throws: `rateLimited` with the seconds until there is one.
    func take(_ key: Key, at now: Date) throws(Problem) {
        let wait: Double? = buckets.withLock { buckets in
            var bucket = buckets[key] ?? Bucket(tokens: burst, filled: now)
            bucket.tokens = tokens(in: bucket, at: now)
            bucket.filled = now
            defer {
                buckets[key] = bucket
                if buckets.count > keptBuckets { forgetFullest(of: &buckets, at: now) }
            }
            guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / perSecond }
            bucket.tokens -= 1
            return nil
        }
        if let wait { throw .rateLimited(Int(max(1, min(longestWait, wait)).rounded(.up))) }
    }

    var count: Int { buckets.withLock { $0.count } }

    private func tokens(in bucket: Bucket, at now: Date) -> Double {
        min(burst, bucket.tokens + max(0, now.timeIntervalSince(bucket.filled)) * perSecond)
    }

    private func forgetFullest(of buckets: inout [Key: Bucket], at now: Date) {
        let emptiest = buckets.map { (key: $0.key, tokens: tokens(in: $0.value, at: now)) }.sorted {
            $0.tokens < $1.tokens
        }.prefix(keptBuckets / 2)
        buckets = emptiest.reduce(into: [:]) { $0[$1.key] = buckets[$1.key] }
    }
}
