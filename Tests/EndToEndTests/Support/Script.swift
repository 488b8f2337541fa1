import Foundation

/// A command's script: what is typed, by whom, and everything that must come of it. What is not written here must not happen:
/// no more output, no other exit code, no file left behind, and no change to a vault where the command is refused.
///
///     # A comment.
///     ada$ send $ROOM < "a text"     ada types it (her profile is added); $ alone is nobody's profile
///     let TIME time_ms               $TIME is that field of the output from here on, and is shown as $TIME
///       sent: accepted               standard output, two in
///     ! tocsin: a reason             standard error
///     % no new line                  at its end
///     = 66                           the exit code, where it is not 0
///     + name    ~ name    - name     files made, changed, removed
///     ada& watch                     begins what runs on
///     ada. until "a text"            shows what it wrote, up to a line that holds this
///     ada. interrupt                 Ctrl-C
struct Script: Sendable {
    struct Step: Sendable {
        enum Kind: Character, Sendable {
            case run = "$"
            case begin = "&"
            case go = "."
        }

        let kind: Kind
        /// A profile; nil where none is given.
        let profile: String?
        let words: [String]
        let input: String
        /// By name, the field of the output that it stands for.
        let captures: [(name: String, field: String)]
    }

    /// A step with its lines in the file, or lines between steps.
    enum Part: Sendable {
        case between(String)
        case step(Step, typed: [String])
    }

    let parts: [Part]
    let text: String

    init(_ text: String) throws {
        self.text = text
        var parts: [Part] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        if lines.last == "" { lines.removeLast() }
        while let line = lines.popFirst() {
            guard let (kind, profile, rest) = Self.beginning(of: line) else {
                // What a step led to stands between it and the next; it is compared as text.
                if !Self.isOutcome(line) { parts.append(.between(line)) }
                continue
            }
            var typed = [line]
            var captures: [(name: String, field: String)] = []
            while let next = lines.first, next.hasPrefix("let ") {
                let words = next.split(separator: " ").map(String.init)
                guard words.count == 3 else { throw HarnessError("let NAME FIELD, not: \(next)") }
                captures.append((words[1], words[2]))
                typed.append(next)
                lines.removeFirst()
            }
            var words = try Self.words(of: rest)
            var input = ""
            if words.count > 1, words[words.count - 2] == "<" {
                input = words.removeLast()
                words.removeLast()
            }
            let step = Step(kind: kind, profile: profile, words: words, input: input, captures: captures)
            parts.append(.step(step, typed: typed))
        }
        self.parts = parts
    }

    private static func beginning(of line: String) -> (Step.Kind, profile: String?, rest: String)? {
        let profile = line.prefix { $0.isLowercase }
        let rest = line.dropFirst(profile.count)
        guard let mark = rest.first, let kind = Step.Kind(rawValue: mark), rest.dropFirst().first == " " else {
            return nil
        }
        return (kind, profile.isEmpty ? nil : String(profile), String(rest.dropFirst(2)))
    }

    private static func isOutcome(_ line: String) -> Bool {
        ["  ", "! ", "% ", "= ", "+ ", "~ ", "- "].contains { line.hasPrefix($0) } || [" ", "!"].contains(line)
    }

    /// Split at spaces; what stands in double quotes is one word, with \n for a new line and \" for a quote.
    private static func words(of line: String) throws -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case "\\" where isQuoted:
                let escaped = rest.popFirst()
                word?.append(escaped == "n" ? "\n" : escaped ?? "\\")
            case " " where !isQuoted:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard !isQuoted else { throw HarnessError("a quote does not end: \(line)") }
        if let word { words.append(word) }
        return words
    }
}
