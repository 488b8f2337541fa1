import ArgumentParser
import Foundation

/// Whether what a person waits for costs what it shows, and not what the vault and the relay hold (DESIGN §6).
struct Growth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What grows with the number of rooms that a vault and a relay hold.",
        discussion: """
            For each size starts the relay that lies beside this program, has a sensor raise so many pages, ends all but \
            the last ten of them, and lets the on-call persons' vaults take them in. Then measures the sizes in turn, round \
            after round, so that what else the machine does falls on all of them; prints medians. The first size is the \
            baseline of the ratios.
            """)

    @Option(help: "Sizes, as numbers of rooms, each larger than the one before, separated by commas.")
    var sizes = "10,1000,10000"

    @Option(help: "Rounds of each measurement.")
    var rounds = 15

    @Flag(help: "Print JSON.")
    var json = false

    private var counts: [Int] { sizes.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard !counts.isEmpty, counts.allSatisfy({ (10...100_000).contains($0) }), counts == counts.sorted(),
            (1...1_000).contains(rounds)
        else { throw ValidationError("sizes are 10 to 100000, growing; at most 1000 rounds") }
    }

    func run() async throws {
        var fields: [GrowthField] = []
        for count in counts {
            let field = try await GrowthField()
            try await field.fill(count)
            fields.append(field)
            FileHandle.standardError.write(Data("filled: \(count) rooms\n".utf8))
        }
        let samples = fields.map { _ in Samples() }
        for round in 0..<rounds {
            for (field, samples) in zip(fields, samples) {
                try await field.measure(round: round) { await samples.add($1, of: $0) }
            }
        }
        for field in fields { await field.end() }
        var tables: [(rooms: Int, milliseconds: [String: Double])] = []
        for (count, samples) in zip(counts, samples) { tables.append((count, await samples.medians)) }
        try show(tables)
    }

    /// Milliseconds, by what was measured.
    private actor Samples {
        private var values: [String: [Double]] = [:]

        func add(_ value: Double, of what: String) { values[what, default: []].append(value) }
        var medians: [String: Double] { values.mapValues { $0.sorted()[$0.count / 2] } }
    }

    private func show(_ tables: [(rooms: Int, milliseconds: [String: Double])]) throws {
        guard let base = tables.first else { return }
        let rows = base.milliseconds.keys.sorted().map { name in
            let values = tables.map { $0.milliseconds[name] ?? 0 }
            return Row(
                what: name, milliseconds: values.map { ($0 * 100).rounded() / 100 },
                ratio: ((values.last ?? 0) / max(values[0], 0.001) * 100).rounded() / 100)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            print(String(decoding: try encoder.encode(Table(rooms: tables.map(\.rooms), rows: rows)), as: UTF8.self))
        } else {
            print("rooms: \(tables.map { "\($0.rooms)" }.joined(separator: ", "))")
            for row in rows {
                let values = row.milliseconds.map { "\($0)" }.joined(separator: ", ")
                print("\(row.what): \(values) ms, ratio \(row.ratio)")
            }
        }
    }

    private struct Row: Encodable {
        let what: String
        /// At each size.
        let milliseconds: [Double]
        /// Of the last size to the first.
        let ratio: Double
    }

    private struct Table: Encodable {
        let rooms: [Int]
        let rows: [Row]
    }
}
