import Testing
import WireFormat

@Suite struct EnumerationTests {
    @Test func areAsWideAsTheirRawType() throws {
        var writer = Writer()
        writer.enumeration(Colour.blue)
        writer.enumeration(Suite.grease)
        writer.enumeration(Wide.high)
        #expect(writer.bytes == [7, 0x0a, 0x0a, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10])
        var reader = Reader(writer.bytes)
        #expect(try reader.enumeration(Colour.self) == .blue)
        #expect(try reader.enumeration(Suite.self) == .grease)
        #expect(try reader.enumeration(Wide.self) == .high)
        #expect(reader.isAtEnd)
    }

    @Test func unknownValuesAreRefused() {
        for raw in UInt8.min...UInt8.max {
            let expected: WireError.Code? = Colour(rawValue: raw) == nil ? .unknownValue : nil
            #expect(code([raw]) { _ = try $0.enumeration(Colour.self) } == expected)
        }
        #expect(code([1, 0]) { _ = try $0.enumeration(Suite.self) } == .unknownValue)
        #expect(code([0, 1]) { _ = try $0.enumeration(Suite.self) } == nil)
    }

    @Test func cutsAreRefused() {
        #expect(code([]) { _ = try $0.enumeration(Colour.self) } == .truncated)
        #expect(code([0]) { _ = try $0.enumeration(Suite.self) } == .truncated)
        #expect(code([1, 2, 3, 4, 5, 6, 7]) { _ = try $0.enumeration(Wide.self) } == .truncated)
    }
}
