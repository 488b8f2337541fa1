/// Times work, in microseconds.
enum Stopwatch {
    struct Times {
        let best: Double
        let median: Double
        let runs: Int
    }

    /// Runs `body` at least three times, and on until there was enough of it.
    /// - Parameter prepare: is not timed.
    static func time<Input>(
        enough: Duration = .milliseconds(400), atMost limit: Int = 2_000, prepare: () throws -> Input,
        run body: (Input) throws -> Void
    ) rethrows -> Times {
        let clock = ContinuousClock()
        var times: [Double] = []
        var total = Duration.zero
        while times.count < 3 || (total < enough && times.count < limit) {
            let input = try prepare()
            let elapsed = try clock.measure { try body(input) }
            total += elapsed
            times.append(microseconds(elapsed))
        }
        times.sort()
        return Times(best: times[0], median: times[times.count / 2], runs: times.count)
    }

    /// The best time of one of `count` calls.
    static func perCall(count: Int, _ body: () -> Void) -> Double {
        time(
            enough: .milliseconds(120), prepare: {},
            run: { _ in
                for _ in 0..<count { body() }
            }
        ).best / Double(count)
    }

    private static func microseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
