import ArgumentParser
import Foundation

/// `tocsin-bench mls`: what operations on groups cost, beside what the cryptography in them costs by itself.
struct MLSBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mls",
        abstract: "Time the MLS library against the libsodium primitives that no implementation can avoid.")

    @Option(help: "Group sizes, separated by commas.")
    var sizes = "2,10,50,100,500,1000"

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Leave out the fully populated trees, which take long to grow.")
    var skipPopulated = false

    func validate() throws {
        guard groupSizes.count == sizes.split(separator: ",").count, groupSizes.allSatisfy({ 2...10_000 ~= $0 }) else {
            throw ValidationError("--sizes takes numbers from 2 to 10000, separated by commas")
        }
    }

    private var groupSizes: [Int] { sizes.split(separator: ",").compactMap { Int($0) } }

    func run() throws {
        let primitives = Primitives.measured()
        var report = BenchReport(primitives: primitives)
        for size in groupSizes {
            let result = try GroupBench(size: size, primitives: primitives, hasPopulated: !skipPopulated).run()
            report.groups.append(result)
            if !json { result.printTable() }
        }
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}

/// What the command prints. Times are in microseconds.
struct BenchReport: Encodable {
    struct Operation: Encodable {
        let name: String
        /// The best of all runs.
        let best: Double
        let median: Double
        let runs: Int
        /// The sum of the primitives that the protocol cannot avoid.
        let unavoidable: Double
        var ratio: Double { best / unavoidable }

        enum CodingKeys: CodingKey { case name, best, median, runs, unavoidable, ratio }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(best, forKey: .best)
            try container.encode(median, forKey: .median)
            try container.encode(runs, forKey: .runs)
            try container.encode(unavoidable, forKey: .unavoidable)
            try container.encode(ratio, forKey: .ratio)
        }
    }

    struct GroupResult: Encodable {
        let size: Int
        var operations: [Operation] = []
        /// In bytes.
        var sizes: [String: Int] = [:]

        func printTable() {
            func cell(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            print("\n\(size) members   best µs, median µs, unavoidable µs, ratio")
            for operation in operations {
                let numbers = [operation.best, operation.median, operation.unavoidable].map {
                    cell(String(format: "%.1f", $0), 12)
                }
                print(
                    operation.name.padding(toLength: 40, withPad: " ", startingAt: 0) + numbers.joined()
                        + cell(String(format: "%.2f", operation.ratio), 8))
            }
            print(sizes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
        }
    }

    let primitives: Primitives
    var groups: [GroupResult] = []

    init(primitives: Primitives) { self.primitives = primitives }
}
