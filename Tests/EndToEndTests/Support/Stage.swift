import Foundation
import TestTeam
import Testing

/// A founded team with a running relay, on which scripts play one after another.
final class Stage: Sendable {
    @TaskLocal static var current: Stage?

    let team: Team
    private let environment: [String: String]

    init(team: Team) throws {
        self.team = team
        environment = Team.environment.merging([
            "TZ": "UTC", "TMPDIR": team.file("temporary").path, "HOME": team.file("home").path,
        ]) { $1 }
        for folder in ["temporary", "home"] {
            try FileManager.default.createDirectory(at: team.file(folder), withIntermediateDirectories: false)
        }
    }

    /// Plays the script, and writes down what came of it as the script would say it.
    func play(_ script: Script) async throws -> String {
        var transcript = ""
        var names: [String: String] = [:]
        var running: [String: (RunningProcess, shown: Int)] = [:]
        for part in script.parts {
            switch part {
            case .between(let line): transcript += line + "\n"
            case .step(let step, let typed):
                transcript += typed.joined(separator: "\n") + "\n"
                let outcome: Outcome
                switch step.kind {
                case .run: outcome = try await run(step, &names, besides: Set(running.keys))
                case .begin: outcome = try begin(step, names, &running)
                case .go: outcome = try await go(on: step, names, &running)
                }
                transcript += outcome.lines.map { tidied($0, names) + "\n" }.joined()
            }
        }
        return transcript
    }

    /// What a step led to, line by line.
    private struct Outcome {
        var lines: [String] = []

        mutating func add(_ text: String, as mark: String) {
            guard !text.isEmpty else { return }
            var all = text.split(separator: "\n", omittingEmptySubsequences: false)
            let ends = all.last?.isEmpty == true
            if ends { all.removeLast() }
            lines += all.map { $0.isEmpty ? String(mark.first ?? " ") : "\(mark)\($0)" }
            if !ends { lines.append("% no new line") }
        }
    }

    private func arguments(_ step: Script.Step, _ names: [String: String]) -> [String] {
        let words = step.words.flatMap { word -> [String] in
            if word == "$PIN" { return team.pin }
            guard word.hasPrefix("$") else { return [word] }
            return [names[String(word.dropFirst())] ?? word]
        }
        return words + (step.profile.map { ["--profile", $0] } ?? [])
    }

    /// - Parameter profiles: whose vaults are open elsewhere meanwhile, and so change.
    private func run(
        _ step: Script.Step, _ names: inout [String: String], besides profiles: Set<String>
    ) async throws -> Outcome {
        let before = try files()
        let finished = try await team.run(
            arguments(step, names), environment: environment, input: Data(step.input.utf8))
        for (name, field) in step.captures { names[name] = try finished.string(field) }
        var outcome = Outcome()
        outcome.add(finished.output, as: "  ")
        outcome.add(finished.errors, as: "! ")
        if finished.status != 0 { outcome.lines.append("= \(finished.status)") }
        let isRefused = ![0, 75].contains(finished.status)
        let after = try files()
        for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
            guard !profiles.contains(where: { name.hasPrefix("\($0)/vault.sqlite") }) else { continue }
            // A command that does its work, or queues it, keeps what it learned.
            if name.hasSuffix("/vault.sqlite"), !isRefused, before[name] != nil, after[name] != nil { continue }
            let mark = before[name] == nil ? "+" : after[name] == nil ? "-" : "~"
            outcome.lines.append("\(mark) \(name)")
        }
        return outcome
    }

    private func begin(
        _ step: Script.Step, _ names: [String: String], _ running: inout [String: (RunningProcess, shown: Int)]
    ) throws -> Outcome {
        let profile = step.profile ?? ""
        let process = try RunningProcess(
            Team.tocsin, arguments(step, names), environment: environment, directory: team.directory,
            log: team.file("\(profile).log"))
        running[profile] = (process, 0)
        return Outcome()
    }

    private func go(
        on step: Script.Step, _ names: [String: String], _ running: inout [String: (RunningProcess, shown: Int)]
    ) async throws -> Outcome {
        let profile = step.profile ?? ""
        guard let (process, shown) = running[profile] else { throw HarnessError("nothing of \(profile)'s runs") }
        var outcome = Outcome()
        switch step.words.first {
        case "until":
            let lines = try await process.lines(through: step.words.dropFirst().joined(separator: " "), after: shown)
            running[profile] = (process, shown + lines.count)
            outcome.lines = lines.map { "  \($0)" }
        case "interrupt":
            process.signal(SIGINT)
            outcome.lines = ["= \(await process.status())"]
            running[profile] = nil
        default: throw HarnessError("until or interrupt, not: \(step.words)")
        }
        return outcome
    }

    /// Every file of the team's and its content, and every folder, by its name and a slash; the relay's and the tests' own are left out.
    private func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        guard let names = FileManager.default.enumerator(atPath: team.directory.path) else { return files }
        for case let name as String in names where !name.hasPrefix("relay/") && !name.hasSuffix(".log") {
            var isDirectory: ObjCBool = false
            let path = team.file(name).path
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { continue }
            if isDirectory.boolValue {
                files[name + "/"] = Data()
            } else {
                files[name] = try Data(contentsOf: team.file(name))
            }
        }
        return files
    }

    /// With names in place of what differs from run to run.
    private func tidied(_ line: String, _ names: [String: String]) -> String {
        var line = line
        for (name, value) in names.sorted(by: { $0.value.count > $1.value.count }) {
            line = line.replacing(value, with: "$\(name)")
            if value.utf8.count == 32 { line = line.replacing(value.prefix(8), with: "$\(name)…") }
        }
        line = line.replacing(team.directory.path, with: "DIRECTORY").replacing(":\(team.port)", with: ":PORT")
        for (pattern, word) in Self.differing { line = line.replacing(pattern, with: word) }
        return line
    }

    private static var differing: [(Regex<Substring>, String)] {
        [
            (/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}Z/, "TIME"), (/\b[0-9]{13}\b/, "MILLISECONDS"),
            (/\b[0-9]{5}(?: [0-9]{5}){6}\b/, "FINGERPRINT"), (/\b[0-9]{5}(?: (?:[0-9]{5}|·{5})){6}\b/, "HIDDEN"),
            (/\b[0-9a-f]{4}(?: [0-9a-f]{4}){3,}\b/, "GROUPS"),
            (/\b[0-9a-f]{4}(?: (?:[0-9a-f]{4}|·{4})){7}\b/, "HIDDEN"), (/\b[0-9a-f]{32,}\b/, "HEX"),
            (/[A-Za-z0-9+\/]{40,}=*/, "BASE64"),
            (/\b[0-9a-f]{8}\b/, "HEX…"),
        ]
    }
}

/// Founds the team once, for the whole suite.
struct OnStage: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        try await team.publishSource(version: 2, devices: Set(team.fingerprints.keys))
        try await team.publishSource(version: 3, devices: [])
        // Beside the one in use: whoever takes it in is alarmed.
        try await team.publishSource(version: 1, devices: Set(team.fingerprints.keys), as: "fork-1")
        try await Stage.$current.withValue(Stage(team: team)) { try await function() }
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }
}
