import Sodium

/// What people read, hear and type: digests and fingerprints in any case, grouped or not, and what others wrote. The one place that
/// says what does not matter, and what must not be taken for this program's own words.
public enum Spoken {
    /// The hexadecimal digits, in lower case and without what groups them; nil where anything else stands there.
    public static func digest(_ text: String) -> String? {
        let plain = ungrouped(text).lowercased()
        return Hexadecimal.decode(plain) == nil || plain.isEmpty ? nil : plain
    }

    /// A fingerprint's 35 digits in groups of five; nil where it is none.
    public static func fingerprint(_ text: String) -> String? {
        let plain = ungrouped(text)
        guard plain.utf8.count == Fingerprint.digits, plain.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return grouped(plain, by: 5)
    }

    /// In groups, for reading aloud.
    public static func grouped(_ digits: String, by count: Int = 4) -> String {
        digits.enumerated().map { $0 > 0 && $0 % count == 0 ? " \($1)" : String($1) }.joined()
    }

    /// What somebody wrote into a document, between “ and ”, so that it imitates nothing around it [R17]. What is no visible character,
    /// what turns the direction of writing, these quotation marks, a backslash and a space after another stand as `\u{…}`: two
    /// texts that differ are never shown alike, and none of them ends its line.
    public static func quoted(_ text: String) -> String {
        var quoted = String.UnicodeScalarView()
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if isShown(scalar, after: before) {
                quoted.append(scalar)
            } else {
                quoted.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            }
            before = scalar
        }
        return "“\(String(quoted))”"
    }

    private static func isShown(_ scalar: Unicode.Scalar, after before: Unicode.Scalar?) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " " && before != " "
        // Not upon the quotation mark.
        case .nonspacingMark, .spacingMark, .enclosingMark: before != nil
        default: !["“", "”", "\\"].contains(scalar)
        }
    }

    private static let separators: Set<Character> = [" ", "\t", "\n", "\r", "\r\n", "\u{a0}", "-", ":", ".", "_"]

    private static func ungrouped(_ text: String) -> String { text.filter { !separators.contains($0) } }
}
