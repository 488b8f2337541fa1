import WireFormat

struct Byte: WireCodable, Hashable {
    let value: UInt8
    init(value: UInt8) { self.value = value }
    init(from reader: inout Reader) throws(WireError) { value = try reader.uint8() }
    func encode(to writer: inout Writer) { writer.uint8(value) }
}

/// `struct { optional<Chain> next; } Chain;`
struct Chain: WireCodable {
    let next: [Chain]

    init(depth: Int) { next = depth > 0 ? [Chain(depth: depth - 1)] : [] }
    init(from reader: inout Reader) throws(WireError) { next = try reader.optional(Chain.self).map { [$0] } ?? [] }
    func encode(to writer: inout Writer) { writer.optional(next.first) }
}

/// `struct { Branch branches<V>; } Branch;`
struct Branch: WireCodable, Hashable {
    let branches: [Branch]

    init(_ branches: [Branch]) { self.branches = branches }
    init(from reader: inout Reader) throws(WireError) { branches = try reader.vector() }
    func encode(to writer: inout Writer) { writer.vector(branches) }

    static func deep(_ depth: Int) -> Branch { depth > 0 ? Branch([deep(depth - 1)]) : Branch([]) }
}

enum Colour: UInt8, CaseIterable {
    case red = 1
    case blue = 7
}
enum Suite: UInt16 {
    case first = 1
    case grease = 0x0a0a
}
enum Wide: UInt64 { case high = 0xfedc_ba98_7654_3210 }

/// One of everything.
///
///     struct {
///         uint8 a; uint16 b; uint32 c; uint64 d; opaque e[3]; opaque f<V>; Byte g<V>; optional<Byte> h; Colour i;
/// Suite j;         Branch k; opaque l<V><V>;
///     } Everything;
struct Everything: WireCodable, Hashable {
    var a: UInt8 = 1
    var b: UInt16 = 0x0203
    var c: UInt32 = 0x0405_0607
    var d: UInt64 = 0x0809_0a0b_0c0d_0e0f
    var e: [UInt8] = [1, 2, 3]
    var f: [UInt8] = [4, 5]
    var g: [Byte] = [Byte(value: 6)]
    var h: Byte? = Byte(value: 7)
    var i = Colour.blue
    var j = Suite.grease
    var k = Branch([Branch([]), Branch([Branch([])])])
    var l: [[UInt8]] = [[8], []]

    init() {}

    init(from reader: inout Reader) throws(WireError) {
        a = try reader.uint8("a")
        b = try reader.uint16("b")
        c = try reader.uint32("c")
        d = try reader.uint64("d")
        e = try reader.fixed(3, "e")
        f = try reader.opaque("f")
        g = try reader.vector("g")
        h = try reader.optional("h")
        i = try reader.enumeration("i")
        j = try reader.enumeration("j")
        k = try Branch(from: &reader)
        l = try reader.vector("l") { (reader) throws(WireError) in try reader.opaque("l") }
    }

    func encode(to writer: inout Writer) {
        writer.uint8(a)
        writer.uint16(b)
        writer.uint32(c)
        writer.uint64(d)
        writer.fixed(e)
        writer.opaque(f)
        writer.vector(g)
        writer.optional(h)
        writer.enumeration(i)
        writer.enumeration(j)
        k.encode(to: &writer)
        writer.vector { writer in for item in l { writer.opaque(item) } }
    }
}

extension Reader {
    /// `optional<T>` of the type that the caller expects.
    mutating func optional<T: WireDecodable>(_ context: String) throws(WireError) -> T? {
        try optional(T.self, context)
    }
    mutating func enumeration<E: RawRepresentable>(_ context: String) throws(WireError) -> E
    where E.RawValue: FixedWidthInteger & UnsignedInteger { try enumeration(E.self, context) }
}

/// The code of the error that `read` throws; nil where it throws none.
func code(_ bytes: [UInt8], limits: Reader.Limits = .standard, _ read: (inout Reader) throws -> Void) -> WireError.Code?
{
    var reader = Reader(bytes, limits: limits)
    do {
        try read(&reader)
        return nil
    } catch { return (error as? WireError)?.code }
}
