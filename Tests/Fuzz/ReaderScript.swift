import WireFormat

/// Every way to read: the first half of an input says which, one byte each, and the second half is read. What was read is
/// written again, and must be what it was.
enum ReaderScript {
    private enum Kind: UInt16 {
        case first = 1
        case second = 0x0102
    }

    /// - Returns: whether all of the script was read.
    static func run(_ input: [UInt8]) -> Bool {
        let script = input.prefix(input.count / 2)
        let bytes = Array(input.dropFirst(input.count / 2))
        var reader = Reader(bytes, limits: Reader.Limits(depth: 8, vectorLength: 1 << 16))
        var writer = Writer()
        do throws(WireError) {
            for operation in script { try step(operation, &reader, &writer) }
        } catch { return false }
        insist(writer.bytes == Array(bytes.dropLast(reader.remaining)), "not written as it was read")
        insist((try? reader.finish("input")) != nil || !reader.isAtEnd, "an end that is none")
        return true
    }

    private static func step(_ operation: UInt8, _ reader: inout Reader, _ writer: inout Writer) throws(WireError) {
        switch operation & 15 {
        case 0: writer.uint8(try reader.uint8())
        case 1: writer.uint16(try reader.uint16())
        case 2: writer.uint32(try reader.uint32())
        case 3: writer.uint64(try reader.uint64())
        case 4: writer.fixed(try reader.fixed(Int(operation >> 4)))
        case 5: writer.opaque(try reader.opaque())
        case 6: writer.opaque(try reader.opaque(atMost: Int(operation >> 4)))
        case 7: writer.enumeration(try reader.enumeration(Kind.self))
        case 8: writer.vector(try reader.vector(of: Nested.self))
        case 9: writer.optional(try reader.optional(Nested.self))
        case 10:
            let (value, captured) = try reader.capturing { (reader) throws(WireError) in try Nested(from: &reader) }
            insist(value.encoded == captured, "what was captured is not what was read")
            writer.fixed(captured)
        case 11:
            let numbers = try reader.vector { (reader) throws(WireError) in try reader.uint16() }
            writer.vector { writer in for number in numbers { writer.uint16(number) } }
        default: writer.uint8(try reader.isPresent() ? 1 : 0)
        }
    }
}

/// A structure that contains itself.
private struct Nested: WireCodable {
    private let inner: [Nested]

    init(from reader: inout Reader) throws(WireError) { inner = try reader.vector() }

    func encode(to writer: inout Writer) { writer.vector(inner) }
}
