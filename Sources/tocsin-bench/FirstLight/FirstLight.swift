import ArgumentParser
import Foundation

/// The main job, end to end: how long from an alert's start until a person sees it, and how many entries a relay takes.
struct FirstLight: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Alert to screen, and the relay's rate beside that of a server that answers without doing anything.",
        discussion: """
            Starts the real programs that lie beside this one: a relay on loopback, three persons' `tocsin watch`, and \
            one `tocsin alert` after the other; a time runs from the start of the alert's process until its line comes \
            out of the on-call person's. Then posts entries of 1 KiB with many requests in flight, first to the floor \
            (the same HTTP server and TLS, a fixed answer), then to a relay.
            """)

    @Option(help: "How many alerts.")
    var alerts = 100

    @Option(help: "How many entries are posted, to the relay and to the floor each.")
    var entries = 20_000

    @Option(help: "Requests in flight.")
    var inFlight = 64

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(alerts), (1...1_000_000).contains(entries), (1...1024).contains(inFlight) else {
            throw ValidationError("at most 10000 alerts, 1000000 entries, 1024 in flight")
        }
    }

    func run() async throws {
        let team = try await BenchTeam()
        defer { team.remove() }
        let latency = try await AlertLatency(team: team).measure(alerts)
        let rates = try await RelayRate(team: team, inFlight: inFlight, entries: entries).measure()
        if json {
            let value: [String: Any] = [
                "alert_to_shown_ms": [
                    "n": alerts, "devices": 4, "p50": latency.p50, "p99": latency.p99, "max": latency.maximum,
                ] as [String: Any],
                "entries": [
                    "n": entries, "in_flight": inFlight, "bytes": RelayRate.entryBytes,
                    "relay_per_s": rates.relay.rounded(), "floor_per_s": rates.floor.rounded(),
                    "ratio": (rates.relay / rates.floor * 1000).rounded() / 1000,
                ] as [String: Any],
            ]
            let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
            print(String(decoding: data, as: UTF8.self))
        } else {
            let times = "p50 \(latency.p50) ms, p99 \(latency.p99) ms, max \(latency.maximum) ms"
            print("alert start to shown: \(times), n \(alerts)")
            print("entries of 1 KiB, \(inFlight) in flight: relay \(Int(rates.relay))/s, floor \(Int(rates.floor))/s")
        }
    }
}
