import Testing
import WireFormat

@Suite struct ReaderTests {
    @Test func readsIntegersInNetworkOrder() throws {
        var reader = Reader([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        #expect(try reader.uint8() == 1)
        #expect(try reader.uint16() == 0x0203)
        #expect(try reader.uint32() == 0x0405_0607)
        #expect(try reader.uint64() == 0x0809_0a0b_0c0d_0e0f)
        #expect(reader.isAtEnd)
    }

    @Test(
        arguments: [
            (0, [0x00]), (1, [0x01]), (63, [0x3f]), (64, [0x40, 0x40]), (16_383, [0x7f, 0xff]),
            (16_384, [0x80, 0x00, 0x40, 0x00]),
        ] as [(Int, [UInt8])])
    func lengthsTakeTheirShortestForm(_ count: Int, _ header: [UInt8]) throws {
        let content = [UInt8](repeating: 0xab, count: count)
        var writer = Writer()
        writer.opaque(content)
        #expect(Array(writer.bytes.prefix(header.count)) == header)
        #expect(writer.bytes.count == header.count + count)
        var reader = Reader(writer.bytes)
        #expect(try reader.opaque() == content)
        #expect(reader.isAtEnd)
    }

    @Test(
        arguments: [
            ([0x40, 0x00], .nonMinimalLength), ([0x40, 0x3f], .nonMinimalLength),
            ([0x80, 0x00, 0x3f, 0xff], .nonMinimalLength), ([0xc0], .invalidLength), ([0xff, 0, 0, 0], .invalidLength),
            ([], .truncated), ([0x40], .truncated), ([0x80, 0, 0x40], .truncated), ([0x02, 0x01], .truncated),
            ([0xbf, 0xff, 0xff, 0xff, 0], .truncated),
        ] as [([UInt8], WireError.Code)])
    func refusesBadLengths(_ bytes: [UInt8], _ expected: WireError.Code) {
        #expect(code(bytes) { _ = try $0.opaque() } == expected)
        #expect(code(bytes) { _ = try $0.vector(element: { (r) throws(WireError) in try r.uint8() }) } == expected)
    }

    @Test func refusesEveryTruncation() {
        let whole: [UInt8] = [0x05, 1, 2, 3, 4, 5]
        for length in whole.indices {
            #expect(code(Array(whole.prefix(length))) { _ = try $0.opaque() } == .truncated)
        }
        #expect(code([1]) { _ = try $0.uint16() } == .truncated)
        #expect(code([1, 2, 3]) { _ = try $0.uint32() } == .truncated)
        #expect(code([1, 2, 3, 4, 5, 6, 7]) { _ = try $0.uint64() } == .truncated)
        #expect(code([1]) { _ = try $0.fixed(2) } == .truncated)
        #expect(code([1]) { _ = try $0.fixed(-1) } == .truncated)
    }

    @Test func refusesAnElementCutOffByItsVector() {
        // Three bytes hold one uint16 and a half; the byte after the vector must not be taken for it.
        #expect(
            code([3, 0, 1, 0, 2]) { _ = try $0.vector(element: { (r) throws(WireError) in try r.uint16() }) }
                == .truncated)
    }

    @Test func refusesAVectorThatReachesOutOfItsVector() {
        // The inner claim of three bytes is met by the input, but not by the outer vector's two.
        let bytes: [UInt8] = [2, 3, 1, 9, 9]
        #expect(code(bytes) { _ = try $0.vector { (r) throws(WireError) in try r.opaque() } } == .truncated)
        #expect(
            code(bytes) { _ = try $0.vector { (r) throws(WireError) in try r.vector(of: Byte.self) } } == .truncated)
        #expect(code([1, 9, 9]) { _ = try $0.vector { (r) throws(WireError) in try r.uint16() } } == .truncated)
        // Refused by its length, before a byte of it is read.
        var reads = 0
        _ = code(bytes) { reader in
            _ = try reader.vector { (reader) throws(WireError) in
                try reader.vector { (reader) throws(WireError) in
                    reads += 1
                    return try reader.uint8()
                }
            }
        }
        #expect(reads == 0)
    }

    @Test func refusesElementsWithoutBytes() {
        #expect(code([1, 9]) { _ = try $0.vector(element: { (_) throws(WireError) in 0 }) } == .invalidValue)
    }

    @Test func optionalsArePresentOrNot() throws {
        var reader = Reader([0, 1, 7])
        #expect(try reader.optional(Byte.self) == nil)
        #expect(try reader.optional(Byte.self) == Byte(value: 7))
        #expect(code([2, 7]) { _ = try $0.optional(Byte.self) } == .unknownValue)
        #expect(code([1]) { _ = try $0.optional(Byte.self) } == .truncated)
    }

    @Test func refusesTrailingBytes() throws {
        #expect(try Byte(decoding: [7]) == Byte(value: 7))
        #expect(throws: WireError(.trailingBytes, "Byte")) { try Byte(decoding: [7, 8]) }
    }

    @Test func capturesTheExactBytes() throws {
        var reader = Reader([9, 2, 5, 6, 8])
        _ = try reader.uint8()
        let captured = try reader.capturing { (reader) throws(WireError) in try reader.opaque() }
        #expect(captured.value == [5, 6])
        #expect(captured.bytes == [2, 5, 6])
        #expect(reader.remaining == 1)
    }

    @Test func writesWhatItReads() throws {
        let bytes = (0..<100).map { Byte(value: UInt8($0)) }
        var writer = Writer()
        writer.vector(bytes)
        writer.optional(bytes.first)
        writer.optional(Byte?.none)
        var reader = Reader(writer.bytes)
        #expect(try reader.vector(of: Byte.self) == bytes)
        #expect(try reader.optional(Byte.self) == bytes.first)
        #expect(try reader.optional(Byte.self) == nil)
        try reader.finish("test")
    }

    @Test func capturesWithinAVector() throws {
        var reader = Reader([4, 1, 9, 1, 8, 7])
        let captured = try reader.vector { (reader) throws(WireError) in
            try reader.capturing { (reader) throws(WireError) in try reader.opaque() }.bytes
        }
        #expect(captured == [[1, 9], [1, 8]])
        #expect(try reader.uint8() == 7)
    }

    @Test func aVectorBoundsWhatItsElementsSee() throws {
        var reader = Reader([2, 5, 6, 7, 8])
        var seen: [Int] = []
        _ = try reader.vector { (reader) throws(WireError) in
            seen.append(reader.remaining)
            return try reader.uint8()
        }
        #expect(seen == [2, 1])
        #expect(reader.remaining == 2)
        #expect(!reader.isAtEnd)
    }

    @Test func anEmptyVectorHasNoElements() throws {
        var reader = Reader([0, 0])
        #expect(try reader.vector(of: Byte.self).isEmpty)
        #expect(try reader.opaque().isEmpty)
        #expect(reader.isAtEnd)
    }

    @Test func errorsNameTheStructureAndHoldNoInput() {
        let error = #expect(throws: WireError.self) { try Reader.decode(Byte.self, from: [0xde, 0xad]) }
        #expect(error?.description == "Byte: trailingBytes")
    }
}
