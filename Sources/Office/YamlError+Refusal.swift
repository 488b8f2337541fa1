import CallList
import Terms
import Yams

extension YamlError {
    /// Where and what, in words of our own: Yams's descriptions quote the source, which holds names and telephone numbers.
    func refusal(of text: String) -> CallListError {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let isTab = Self.character(at: mark, in: text) == "\t"
            return Self.refused(
                "line \(mark.line), column \(mark.column)", isTab ? "a tab" : problem,
                hint: isTab ? "YAML is indented with spaces" : nil)
        case .reader(let problem, let offset, _, _):
            let line = offset.map { offset in 1 + text.prefix(offset).count { $0.isNewline } }
            return Self.refused(line.map { "line \($0)" } ?? "the source", problem)
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.min() ?? ""
            let line = Self.secondLine(of: key, in: text, from: context.mark) ?? context.mark.line
            return CallListError(.sourceRefused, "line \(line): `\(key.prefix(64))` is there twice")
        default: return CallListError(.sourceRefused, "the source is no YAML")
        }
    }

    private static func refused(_ place: String, _ problem: String, hint: String? = nil) -> CallListError {
        CallListError(.sourceRefused, "\(place): the source is no YAML: \(problem)", hint: hint)
    }

    private static func lines(_ text: String) -> [[Character]] {
        text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { Array($0) }
    }

    private static func character(at mark: Mark, in text: String) -> Character? {
        let lines = lines(text)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        // Within the white space before it, wherever the mark stands.
        let line = lines[mark.line - 1]
        return line.prefix(max(1, mark.column)).first { $0 == "\t" }
    }

    /// Where a key stands for the second time in the mapping that begins at `mark`; nil where it cannot be told.
    private static func secondLine(of key: String, in text: String, from mark: Mark) -> Int? {
        let lines = lines(text)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        var found = 0
        for index in (mark.line - 1)..<lines.count {
            let before = lines[index].prefix(mark.column - 1)
            let rest = String(lines[index].dropFirst(mark.column - 1))
            guard index == mark.line - 1 || before.allSatisfy({ $0 == " " }) else { continue }
            guard rest.hasPrefix(key), rest.dropFirst(key.count).first.map({ $0 == ":" || $0 == " " }) ?? false else {
                continue
            }
            found += 1
            if found == 2 { return index + 1 }
        }
        return nil
    }
}
