import ArgumentParser

/// A developer's tool: how fast, measured on this machine, beside a floor measured in the same run.
@main
struct TocsinBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin-bench",
        abstract: "Benchmarks. Build with `swift build -c release`; figures of a debug build say nothing.",
        subcommands: [FirstLight.self, Growth.self, FloorServer.self, MLSBench.self])
}
