internal import Glibc

/// Writes values of the TLS presentation language; the counterpart of ``Reader``.
public struct Writer: Sendable {
    /// The longest vector that RFC 9420 §2.1.2 can express, in bytes.
    public static let maximumVectorLength = (1 << 30) - 1

    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: bytes to make room for at once. Where secrets are written, no less than all that will be:
    ///   see ``wipe()``.
    public init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// The encoding of one value.
    @inlinable
    public static func encode(_ value: some WireEncodable) -> [UInt8] {
        var writer = Writer()
        value.encode(to: &writer)
        return writer.bytes
    }

    // MARK: Numbers and bytes

    /// One byte.
    public mutating func uint8(_ value: UInt8) { bytes.append(value) }
    /// Two bytes in network order.
    public mutating func uint16(_ value: UInt16) { integer(UInt64(value), width: 2) }
    /// Four bytes in network order.
    public mutating func uint32(_ value: UInt32) { integer(UInt64(value), width: 4) }
    /// Eight bytes in network order.
    public mutating func uint64(_ value: UInt64) { integer(value, width: 8) }

    /// The lowest `width` bytes, in network order.
    private mutating func integer(_ value: UInt64, width: Int) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0.suffix(width)) }
    }

    /// `opaque name[N]`.
    public mutating func fixed(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// `opaque name[N]`.
    public mutating func fixed(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

    /// `opaque name<V>`.
    /// - Precondition: `value` has at most ``maximumVectorLength`` bytes.
    public mutating func opaque(_ value: [UInt8]) {
        appendLength(value.count)
        bytes.append(contentsOf: value)
    }

    /// `opaque name<V>`.
    /// - Precondition: `value` has at most ``maximumVectorLength`` bytes.
    public mutating func opaque(_ value: some Collection<UInt8>) {
        appendLength(value.count)
        bytes.append(contentsOf: value)
    }

    /// An enumerated value, as wide as its raw type.
    public mutating func enumeration<E: RawRepresentable>(_ value: E)
    where E.RawValue: FixedWidthInteger & UnsignedInteger {
        integer(UInt64(truncatingIfNeeded: value.rawValue), width: E.RawValue.bitWidth / 8)
    }

    // MARK: Vectors and optionals

    /// `T name<V>`.
    @inlinable
    public mutating func vector(_ elements: some Sequence<some WireEncodable>) {
        vector { writer in
            for element in elements { element.encode(to: &writer) }
        }
    }

    /// A vector whose content `body` writes.
    /// - Precondition: `body` only adds, and at most ``maximumVectorLength`` bytes; callers bound what they encode far
    ///   below it.
    @inlinable
    public mutating func vector(_ body: (inout Writer) -> Void) {
        // Written in place, after one byte for the length: how many more that takes is only known afterwards.
        let start = bytes.count
        uint8(0)
        body(&self)
        setLength(bytes.count - start - 1, at: start)
    }

    /// `optional<T>`.
    @inlinable
    public mutating func optional(_ value: (some WireEncodable)?) {
        uint8(value == nil ? 0 : 1)
        value?.encode(to: &self)
    }

    // MARK: Lengths (RFC 9420 §2.1.2), in their shortest form

    private mutating func appendLength(_ count: Int) {
        let start = bytes.count
        bytes.append(0)
        setLength(count, at: start)
    }

    /// Writes a length over the byte at `start`, and what does not fit there behind it.
    @usableFromInline
    mutating func setLength(_ count: Int, at start: Int) {
        precondition(count >= 0 && count <= Self.maximumVectorLength)
        let (low, middle) = (UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8))
        switch count {
        case ..<(1 << 6): bytes[start] = low
        case ..<(1 << 14):
            bytes[start] = middle | 0x40
            bytes.insert(low, at: start + 1)
        default:
            bytes[start] = UInt8(truncatingIfNeeded: count >> 24) | 0x80
            bytes.insert(contentsOf: [UInt8(truncatingIfNeeded: count >> 16), middle, low], at: start + 1)
        }
    }

    /// Overwrites what was written, for buffers that held secrets, and empties the writer. Copies handed out are the
    /// caller's; so is what a growing buffer left behind, unless its capacity was reserved.
    public mutating func wipe() { wipe(keepingCapacity: false) }

    package mutating func wipe(keepingCapacity: Bool) {
        bytes.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            // A plain loop is one that the compiler may leave out.
            explicit_bzero(start, buffer.count)
        }
        bytes.removeAll(keepingCapacity: keepingCapacity)
    }
}
