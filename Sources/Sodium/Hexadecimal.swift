/// Lower-case hexadecimal, for digests and identifiers in text.
public enum Hexadecimal {
    /// Its time depends on the length only, so that keys can be written too.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `0` to `9`, then `a` to `f`, which come 39 later than `9` does; no table, whose look-up would show in the cache.
    private static func digit(_ value: UInt8) -> UInt8 {
        UInt8(ascii: "0") + value + ((9 &- value) >> 7) * 39
    }

    /// The bytes of `text`, or nil where it is no even run of hexadecimal digits. Upper case is refused: one value,
    /// one form.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
