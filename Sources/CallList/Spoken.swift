import Sodium

/// Digests and fingerprints as people read, hear and type them: in any case, grouped or not. The one place that says what does
/// not matter.
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

    private static let separators: Set<Character> = [" ", "\t", "\n", "\r", "\r\n", "\u{a0}", "-", ":", ".", "_"]

    private static func ungrouped(_ text: String) -> String { text.filter { !separators.contains($0) } }
}
