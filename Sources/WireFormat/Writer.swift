/// Writes values of the TLS presentation language; the counterpart of ``Reader``.
public struct Writer: Sendable {
    /// The longest vector that RFC 9420 §2.1.2 can express.
    public static let maximumVectorLength = (1 << 30) - 1

    public fileprivate(set) var bytes: [UInt8] = []

    public init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// The encoding of one value.
    public static func encode(_ value: some WireEncodable) -> [UInt8] {
        var writer = Writer()
        value.encode(to: &writer)
        return writer.bytes
    }

    public mutating func uint8(_ value: UInt8) { bytes.append(value) }
    public mutating func uint16(_ value: UInt16) { integer(value) }
    public mutating func uint32(_ value: UInt32) { integer(value) }
    public mutating func uint64(_ value: UInt64) { integer(value) }

    private mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// `opaque name[N]`.
    public mutating func fixed(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

    /// `opaque name<V>`.
    public mutating func opaque(_ value: some Collection<UInt8>) {
        length(value.count)
        bytes.append(contentsOf: value)
    }

    /// `T name<V>`.
    public mutating func vector(_ elements: some Sequence<some WireEncodable>) {
        vector { writer in
            for element in elements { element.encode(to: &writer) }
        }
    }

    /// A vector whose content `body` writes.
    public mutating func vector(_ body: (inout Writer) -> Void) {
        var inner = Writer()
        body(&inner)
        opaque(inner.bytes)
    }

    /// `optional<T>`.
    public mutating func optional(_ value: (some WireEncodable)?) {
        uint8(value == nil ? 0 : 1)
        value?.encode(to: &self)
    }

    /// - Precondition: `count` is at most ``maximumVectorLength``; callers bound what they encode far below it.
    private mutating func length(_ count: Int) {
        precondition(count <= Self.maximumVectorLength)
        switch count {
        case ..<(1 << 6): uint8(UInt8(count))
        case ..<(1 << 14): uint16(UInt16(count) | 0x4000)
        default: uint32(UInt32(count) | 0x8000_0000)
        }
    }
}

extension Writer {
    /// Overwrites what was written, for buffers that held secrets. Copies handed out are the caller's.
    public mutating func wipe() {
        for index in bytes.indices { bytes[index] = 0 }
        bytes.removeAll()
    }
}
