package import Foundation
import Terms

/// How this module's documents are written and read as JSON. Signed bytes are written once and then kept as they are.
package enum Documents {
    package static func encode(_ value: some Encodable) throws(CallListError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            throw CallListError(.malformed, "a document could not be written")
        }
    }

    package static func decode<T: Decodable>(
        _ type: T.Type, from bytes: [UInt8], what: String, limit: Int = CallListLimits.documentBytes
    ) throws(CallListError) -> T {
        guard bytes.count <= limit else {
            throw CallListError(.limitExceeded, "\(what) has more than \(limit) bytes")
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw CallListError(.malformed, "this is no \(what)", hint: "is it the right file, and whole?")
        }
    }

    /// RFC 3339 in UTC, whole seconds.
    package static func timestamp(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle())
    }

    package static func date(_ text: String) -> Date? { try? Date(text, strategy: Date.ISO8601FormatStyle()) }
}
