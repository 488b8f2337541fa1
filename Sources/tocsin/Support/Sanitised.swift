/// Text from others, made safe to show: control characters, escape sequences and characters that turn the direction of
/// writing become visible instead of working.
enum Sanitised {
    static func line(_ text: String) -> String { clean(text, keepsLines: false) }

    /// Several lines, each behind a mark that no line of this program's own begins with: nobody can write what looks like
    /// another's words, or like an acknowledgement.
    static func block(_ text: String) -> String {
        clean(text, keepsLines: true).split(separator: "\n", omittingEmptySubsequences: false)
            .map { "    | \($0)" }.joined(separator: "\n")
    }

    private static func clean(_ text: String, keepsLines: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where keepsLines && (scalar == "\n" || scalar == "\t"): result.append(scalar)
            case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
