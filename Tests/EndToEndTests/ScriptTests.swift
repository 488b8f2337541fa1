import Foundation
import TestTeam
import Testing

/// Each command has a script in the folder Scripts, and does what that says and nothing else.
@Suite(.serialized, OnStage()) struct ScriptTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Scripts")

    /// Those that show all there is come first, those that change what the whole team has in hand last.
    private static let first = ["status", "inbox", "watch"]
    private static let last = ["calllist-import", "calllist-publish"]

    /// As the files are named: with a `-` wherever a command has a space.
    private static let commands: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let names = files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }
        let any = names.filter { !first.contains($0) && !last.contains($0) }.sorted()
        return first.filter { names.contains($0) } + any + last.filter { names.contains($0) }
    }()

    @Test func everyCommandHasAScript() async throws {
        let commands = try await CommandTree.load()
        #expect(Set(Self.commands) == Set(commands.leaves.map { $0.replacing(" ", with: "-") }))
    }

    /// To take a wanted change in: `TOCSIN_RECORD=1 make test`, and look at the difference.
    @Test(arguments: commands) func doesWhatItsScriptSays(_ command: String) async throws {
        let stage = try #require(Stage.current)
        let file = Self.folder.appendingPathComponent(command + ".txt")
        let script = try Script(String(contentsOf: file, encoding: .utf8))
        let transcript = try await stage.play(script)
        if ProcessInfo.processInfo.environment["TOCSIN_RECORD"] != nil {
            try transcript.write(to: file, atomically: true, encoding: .utf8)
        } else if transcript != script.text {
            Issue.record("\(Self.firstDifference(between: script.text, and: transcript))")
        }
    }

    private static func firstDifference(between script: String, and transcript: String) -> String {
        let (wanted, came) = (script.components(separatedBy: "\n"), transcript.components(separatedBy: "\n"))
        let line = zip(wanted, came).prefix { $0 == $1 }.count
        return "line \(line + 1): “\(line < wanted.count ? wanted[line] : "")” is written, "
            + "“\(came[line...].prefix(4).joined(separator: "\n"))” came"
    }
}

/// The commands that there are, as `tocsin` itself tells.
struct CommandTree: Decodable {
    private struct Dump: Decodable {
        let command: CommandTree
    }

    let commandName: String
    let subcommands: [CommandTree]?

    static func load() async throws -> CommandTree {
        let dump = try await ChildProcess.run(
            Team.tocsin, ["--experimental-dump-help"], environment: [:], directory: Program.repository)
        return try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
    }

    /// This one's name ("" for `tocsin`) and those of all below, in order.
    var names: [String] { [""] + below(prefix: "", leavesOnly: false) }

    /// Those that do something themselves.
    var leaves: [String] { below(prefix: "", leavesOnly: true) }

    private func below(prefix: String, leavesOnly: Bool) -> [String] {
        (subcommands ?? []).filter { $0.commandName != "help" }.flatMap { command -> [String] in
            let name = prefix + command.commandName
            let isLeaf = command.subcommands?.isEmpty ?? true
            return (isLeaf || !leavesOnly ? [name] : []) + command.below(prefix: name + " ", leavesOnly: leavesOnly)
        }
    }
}
