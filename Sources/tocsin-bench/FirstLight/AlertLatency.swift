import Client
import Foundation
import Histogram
import Synchronization

/// From the start of `tocsin alert` until the on-call person's `tocsin watch` has printed it.
struct AlertLatency {
    struct Result: Sendable {
        /// Milliseconds.
        let p50: Double
        let p99: Double
        let maximum: Double
    }

    let team: BenchTeam

    func measure(_ count: Int) async throws -> Result {
        let relay = try await team.startRelay()
        var running = [relay]
        defer { BenchTeam.end(running) }
        for profile in BenchTeam.persons + ["sensor"] {
            let client = try team.openClient(profile)
            try await client.sync()
            await client.shutdown()
        }
        var watches: [Watch] = []
        for person in BenchTeam.persons {
            let watch = try Watch(team: team, profile: person)
            running.append(watch.process)
            _ = try await watch.arrival(of: "\"connected\"")
            watches.append(watch)
        }
        guard let onCall = watches.first else { throw BenchFailure("nobody watches") }
        var histogram = Histogram<UInt32>(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
        for number in 1...count {
            let title = "bench alert \(number) of \(count)"
            let started = ContinuousClock.now
            try send(title)
            let shown = try await onCall.arrival(of: "\"\(title)\"")
            let microseconds = (shown - started) / .microseconds(1)
            histogram.record(UInt64(max(1, microseconds)))
        }
        func milliseconds(_ value: UInt64) -> Double { (Double(value) / 10).rounded() / 100 }
        return Result(
            p50: milliseconds(histogram.valueAtPercentile(50)), p99: milliseconds(histogram.valueAtPercentile(99)),
            maximum: milliseconds(histogram.valueAtPercentile(100)))
    }

    private func send(_ title: String) throws {
        let input = Pipe()
        let alert = team.process(
            "tocsin", ["alert", "--profile", "sensor", "--key-file", team.keyFile("sensor").path], output: nil)
        alert.standardInput = input
        try alert.run()
        try input.fileHandleForWriting.write(contentsOf: Data((title + "\n").utf8))
        try input.fileHandleForWriting.close()
        // Waited for, so that the next alert does not compete with this one's end.
        alert.waitUntilExit()
        guard alert.terminationStatus == 0 else {
            throw BenchFailure("an alert ended with \(alert.terminationStatus)")
        }
    }
}

/// A `tocsin watch` whose lines get the time at which they came.
private final class Watch: Sendable {
    let process: Process
    private let lines = Mutex<[(line: String, at: ContinuousClock.Instant)]>([])
    private let changes: AsyncStream<Void>

    init(team: BenchTeam, profile: String) throws {
        let output = Pipe()
        process = team.process(
            "tocsin", ["watch", "--json", "--profile", profile, "--key-file", team.keyFile(profile).path],
            output: output)
        let continuation: AsyncStream<Void>.Continuation
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        try process.run()
        Thread.detachNewThread { [self] in
            while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                let now = ContinuousClock.now
                let text = String(decoding: data, as: UTF8.self)
                lines.withLock { lines in lines += text.split(separator: "\n").map { (String($0), now) } }
                continuation.yield()
            }
            continuation.finish()
        }
    }

    func arrival(of text: String) async throws -> ContinuousClock.Instant {
        var iterator = changes.makeAsyncIterator()
        while true {
            let found = lines.withLock { lines in lines.first { $0.line.contains(text) }?.at }
            if let found { return found }
            guard await iterator.next() != nil else { throw BenchFailure("a watch ended early") }
        }
    }
}
