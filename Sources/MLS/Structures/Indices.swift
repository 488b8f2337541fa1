public import WireFormat

/// A member's place among the leaves, from 0 (§4.1.2).
public struct LeafIndex: Hashable, Comparable, Sendable, CustomStringConvertible, WireCodable {
    public let value: UInt32
    public init(_ value: UInt32) { self.value = value }
    public init(from reader: inout Reader) throws(WireError) { value = try reader.uint32("leaf index") }
    public func encode(to writer: inout Writer) { writer.uint32(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    public var description: String { "\(value)" }
}

/// A group's state number (§2).
public struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible, WireCodable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
    public init(from reader: inout Reader) throws(WireError) { value = try reader.uint64("epoch") }
    public func encode(to writer: inout Writer) { writer.uint64(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
    public var description: String { "\(value)" }
}
