import TestTeam
import Testing
import WireFormat

/// Whatever comes is read or refused, and never traps.
@Suite struct HostileBytesTests {
    @Test func everyTruncationIsRefused() {
        let whole = Everything().encoded
        for length in whole.indices {
            #expect(throws: WireError.self) { try Everything(decoding: Array(whole.prefix(length))) }
        }
        #expect(throws: WireError(.trailingBytes, "Everything")) { try Everything(decoding: whole + [0]) }
    }

    /// One value, one form: what still decodes is another value, and is written again as just these bytes.
    @Test func everyFlippedBitIsRefusedOrAnotherValue() {
        let whole = Everything().encoded
        var refused = 0
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << UInt8(bit)
                do {
                    let read = try Everything(decoding: flipped)
                    #expect(read != Everything())
                    #expect(read.encoded == flipped)
                } catch { refused += 1 }
            }
        }
        #expect(refused > 50)
    }

    @Test func noiseIsReadOrRefused() {
        var noise = SplitMix64(seed: 0x7465_7374)
        var read = 0
        for _ in 0..<100_000 {
            let bytes = noise.bytes(upTo: 64)
            if let branch = try? Branch(decoding: bytes) {
                read += 1
                #expect(branch.encoded == bytes)
            }
            _ = try? Everything(decoding: bytes)
            _ = try? Chain(decoding: bytes)
        }
        #expect(read > 0)
    }

    /// Random values written and read again, with a random cut or change each.
    @Test func randomValuesRoundTrip() throws {
        var noise = SplitMix64(seed: 42)
        for _ in 0..<2000 {
            var value = Everything()
            value.a = UInt8(truncatingIfNeeded: noise.next())
            value.d = noise.next()
            value.f = noise.bytes(upTo: 200)
            value.g = noise.bytes(upTo: 100).map { Byte(value: $0) }
            value.h = noise.next() % 2 == 0 ? nil : Byte(value: 3)
            value.i = noise.next() % 2 == 0 ? .red : .blue
            value.l = (0..<Int(noise.next() % 5)).map { _ in noise.bytes(upTo: 90) }
            let bytes = value.encoded
            #expect(try Everything(decoding: bytes) == value)
            let cut = Int(noise.next() % UInt64(bytes.count))
            #expect(throws: WireError.self) { try Everything(decoding: Array(bytes.prefix(cut))) }
            var changed = bytes
            changed[cut] ^= UInt8(truncatingIfNeeded: noise.next() | 1)
            if let read = try? Everything(decoding: changed) { #expect(read.encoded == changed) }
        }
    }

    @Test func everySmallInputIsReadOrRefused() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second, 0x41, 0x80, 0]
                if let value = try? Reader.decode(Branch.self, from: bytes) { #expect(value.encoded == bytes) }
                var reader = Reader(bytes)
                if let content = try? reader.opaque() {
                    var writer = Writer()
                    writer.opaque(content)
                    #expect(writer.bytes == Array(bytes.prefix(bytes.count - reader.remaining)))
                }
            }
        }
    }
}
