import Testing
import WireFormat

@Suite struct WriterTests {
    /// Frozen, with each field's bytes beside it.
    @Test func everythingIsWrittenAsThePresentationLanguageSays() throws {
        let expected: [UInt8] = [
            1,  // a
            2, 3,  // b
            4, 5, 6, 7,  // c
            8, 9, 10, 11, 12, 13, 14, 15,  // d
            1, 2, 3,  // e[3]
            2, 4, 5,  // f<V>
            1, 6,  // g<V>
            1, 7,  // h: present
            7,  // i
            0x0a, 0x0a,  // j
            3, 0, 1, 0,  // k: two branches, of which the second has one
            3, 1, 8, 0,  // l<V><V>
        ]
        #expect(Everything().encoded == expected)
        #expect(try Everything(decoding: expected) == Everything())
    }

    /// A vector's length is put in front of what was written already, at each width and each level.
    @Test(arguments: [0, 1, 63, 64, 65, 16_383, 16_384, 70_000])
    func vectorsAreWrittenInPlace(_ count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var plain = Writer()
        plain.uint8(9)
        plain.opaque(content)
        plain.uint8(9)
        var nested = Writer()
        nested.uint8(9)
        nested.vector { writer in writer.fixed(content) }
        nested.uint8(9)
        #expect(nested.bytes == plain.bytes)
        var outer = Writer()
        outer.vector { writer in
            writer.vector { writer in writer.fixed(content) }
            writer.vector { _ in }
        }
        var reader = Reader(outer.bytes)
        let read = try reader.vector { (reader) throws(WireError) in try reader.opaque() }
        #expect(read == [content, []])
        #expect(reader.isAtEnd)
    }

    @Test func anyCollectionIsTaken() {
        var writer = Writer()
        writer.opaque([1, 2, 3].dropFirst())
        writer.fixed((4...5).lazy.map { UInt8($0) })
        writer.vector([Byte(value: 6)].lazy.map { $0 })
        #expect(writer.bytes == [2, 2, 3, 4, 5, 1, 6])
    }

    @Test func aWipedWriterIsEmpty() {
        var writer = Writer(reservingCapacity: 100)
        writer.wipe()
        writer.opaque([1, 2, 3])
        writer.wipe()
        #expect(writer.bytes.isEmpty)
        writer.uint8(1)
        #expect(writer.bytes == [1])
    }

    /// The bytes themselves, not only the array, where nobody else holds it.
    @Test func wipingOverwritesInPlace() throws {
        var writer = Writer(reservingCapacity: 64)
        writer.fixed([UInt8](repeating: 0xaa, count: 64))
        let start = try #require(writer.bytes.withUnsafeBytes { $0.baseAddress })
        writer.wipe(keepingCapacity: true)
        #expect(UnsafeRawBufferPointer(start: start, count: 64).allSatisfy { $0 == 0 })
        #expect(writer.bytes.isEmpty)
        writer.uint8(1)
    }
}
