import CallList
import Foundation
import Terms
import Yams

/// A place in the YAML source, with its line: every refusal says where and what.
struct SourceNode {
    private let node: Yams.Node
    private let path: String

    static func parse(_ text: String) throws(CallListError) -> SourceNode {
        guard text.utf8.count <= CallListLimits.documentBytes else {
            throw CallListError(.limitExceeded, "a source has at most \(CallListLimits.documentBytes) bytes")
        }
        let text = withoutMarks(text)
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw CallListError(.sourceRefused, "the source is empty")
            }
            return SourceNode(node: node, path: "")
        } catch let error as CallListError {
            throw error
        } catch let error as YamlError {
            throw error.refusal(of: text)
        } catch {
            throw CallListError(.sourceRefused, "the source is no YAML")
        }
    }

    /// Without the byte order marks that editors put before a document.
    private static func withoutMarks(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var startsLine = true
        for scalar in text.unicodeScalars where !(startsLine && scalar == "\u{feff}") {
            result.append(scalar)
            startsLine = scalar == "\n"
        }
        return String(result)
    }

    /// `~`, `null`, or nothing at all: as if it were left out.
    private var isNull: Bool {
        guard let scalar = node.scalar, scalar.style != .doubleQuoted, scalar.style != .singleQuoted else {
            return false
        }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    func refused(_ reason: String, hint: String? = nil) -> CallListError {
        let place = node.mark.map { "line \($0.line)" } ?? "the source"
        return CallListError(.sourceRefused, "\(place)\(path.isEmpty ? "" : " (\(path))"): \(reason)", hint: hint)
    }

    /// - Parameters:
    ///   - keys: that may be there.
    ///   - later: that the design knows and this program does not yet.
    func allow(_ keys: Set<String>, later: Set<String>) throws(CallListError) {
        for (key, value) in try entries() {
            if later.contains(key) {
                throw CallListError(.notSupportedYet, value.refused("`\(key)` is not supported yet").reason)
            }
            guard keys.contains(key) else {
                throw value.refused(
                    "`\(key)` is not known here", hint: "known are: \(keys.sorted().joined(separator: ", "))")
            }
        }
    }

    func required(_ key: String) throws(CallListError) -> SourceNode {
        guard let value = try optional(key) else { throw refused("`\(key)` is missing") }
        return value
    }

    func optional(_ key: String) throws(CallListError) -> SourceNode? {
        try entries().first { $0.key == key && !$0.value.isNull }?.value
    }

    func entries() throws(CallListError) -> [(key: String, value: SourceNode)] {
        guard let mapping = node.mapping else { throw refused("this must be a mapping") }
        var entries: [(key: String, value: SourceNode)] = []
        for (key, value) in mapping {
            guard let key = key.string, !entries.contains(where: { $0.key == key }) else {
                throw refused("a key is no text, or is there twice")
            }
            entries.append((key, SourceNode(node: value, path: path.isEmpty ? key : "\(path).\(key)")))
        }
        return entries
    }

    func list() throws(CallListError) -> [SourceNode] {
        guard let sequence = node.sequence else { throw refused("this must be a list") }
        return sequence.enumerated().map { SourceNode(node: $1, path: "\(path)[\($0)]") }
    }

    /// One line of text, without control characters.
    func line() throws(CallListError) -> String {
        guard !isNull, let text = node.scalar?.string, !text.isEmpty, text.utf8.count <= CallListLimits.lineBytes,
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw refused("this must be one line of 1 to \(CallListLimits.lineBytes) bytes") }
        return text
    }

    func integer(in range: ClosedRange<Int>) throws(CallListError) -> Int {
        guard let number = Int(try line()), range.contains(number) else {
            throw refused("this must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func memberID() throws(CallListError) -> MemberID {
        guard let id = MemberID(try line()) else {
            throw refused("this must be an id: 1 to 64 of a-z 0-9 - _ .")
        }
        return id
    }

    func oneOf<T: CaseIterable & RawRepresentable>(_ type: T.Type) throws(CallListError) -> T
    where T.RawValue == String {
        guard let value = T(rawValue: try line()) else {
            throw refused("this must be one of: \(T.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    func need() throws(CallListError) -> Need {
        switch try line() {
        case "any": .any
        case "all": .all
        default: .number(try integer(in: 1...1000))
        }
    }

    /// How many persons must agree that a page is over.
    func close() throws(CallListError) -> UInt16 { UInt16(clamping: try integer(in: 1...1000)) }

    /// A duration such as `90s`, `5m`, `72h`.
    func seconds() throws(CallListError) -> UInt32 {
        let text = try line()
        let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = text.last.flatMap({ units[$0] }), let number = UInt32(text.dropLast()), number > 0,
            case (let seconds, let overflow) = number.multipliedReportingOverflow(by: unit), !overflow
        else { throw refused("this must be a duration such as 90s, 5m or 72h") }
        return seconds
    }

    /// A day (`2027-01-31`, its end in UTC) or an RFC 3339 time in UTC.
    func date() throws(CallListError) -> Date {
        let text = try line()
        let whole = text.contains("T") ? text : text + "T23:59:59Z"
        // Foundation takes the 30th of February for the 2nd of March; written back, it is not what was asked for.
        guard let date = Documents.date(whole), Documents.timestamp(date) == whole else {
            throw refused("this must be a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z")
        }
        return date
    }
}
