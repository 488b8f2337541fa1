import ArgumentParser
import CallList
import Foundation
import Office
import Terms

struct CallListCompile: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile", abstract: "Make an unsigned call list from its YAML source.")

    @Option(help: "The YAML source; files that it names are relative to it.")
    var source: String

    @OptionGroup var root: RootOptions

    @Option(help: "The signed version that this one follows; left out for the first.")
    var previous: String?

    @Option(help: "A root that replaces the one before from this list on, signed by the officers of both.")
    var newRoot: String?

    @Option(name: .customLong("out"), help: "The new call list's file.")
    var output: String

    @OptionGroup var format: OutputOptions

    func execute() async throws {
        let root = try root.load()
        let bytes = try Files.read(source, limit: CallListLimits.documentBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.inputRefused, "\(source) is no UTF-8 text")
        }
        let before = try previous.map { try UnverifiedCallList(decoding: Files.read($0)).verify(root: root) }
        let result = try CallListCompiler.compile(
            CallListSource(yaml: text), baseDirectory: URL(fileURLWithPath: source).deletingLastPathComponent(),
            root: root, newRoot: newRoot.map { try Files.read($0) }, previous: before, now: Date())
        try Files.write(result.bundle, to: output)
        for warning in result.report.warnings where !format.json { Terminal.note("warning: \(warning)") }
        let view = CompiledCallListView(result.report, file: output)
        try format.show(view, beside: output)
    }
}
