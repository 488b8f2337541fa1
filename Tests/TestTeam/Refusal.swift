package import CallList

/// The error that `body` ends with; nil where it ends well.
package func refusal(_ body: () throws -> Void) -> CallListError? {
    do {
        try body()
        return nil
    } catch { return error as? CallListError }
}

/// Every cut of `bytes`, and each byte with one bit changed, which bit depending on the place.
package func alterations(of bytes: [UInt8], step: Int = 1) -> [[UInt8]] {
    let places = stride(from: 0, to: bytes.count, by: step)
    return places.map { Array(bytes[..<$0]) }
        + places.map { index in
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(index / step * 5 % 8)
            return flipped
        }
}
