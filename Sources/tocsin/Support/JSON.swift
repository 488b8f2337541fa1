import Foundation

/// Data for programs: one JSON value, keys in order.
enum JSON {
    static func show(_ value: [String: Any]) throws { try write(value) }
    static func show(_ values: [[String: Any]]) throws { try write(values) }

    private static func write(_ value: Any) throws {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        Terminal.show(String(decoding: data, as: UTF8.self))
    }
}
