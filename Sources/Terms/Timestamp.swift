public import Foundation

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Whose clock it is from is said where one is kept.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    public let milliseconds: UInt64
    public init(milliseconds: UInt64) { self.milliseconds = milliseconds }
    /// What lies before 1970, or beyond what 64 bits hold, is the nearest that can be told.
    public init(_ date: Date) {
        let milliseconds = date.timeIntervalSince1970 * 1000
        self.milliseconds = milliseconds > 0 ? UInt64(exactly: milliseconds.rounded(.down)) ?? .max : 0
    }
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(UInt64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// So many seconds later; the end of time where that lies beyond it.
    public func adding(seconds: UInt64) -> Timestamp {
        let (added, isTooMuch) = seconds.multipliedReportingOverflow(by: 1000)
        return isTooMuch ? Timestamp(milliseconds: .max) : adding(milliseconds: added)
    }

    /// So many milliseconds later; the end of time where that lies beyond it.
    public func adding(milliseconds added: UInt64) -> Timestamp {
        let (later, isBeyond) = milliseconds.addingReportingOverflow(added)
        return Timestamp(milliseconds: isBeyond ? .max : later)
    }
}
