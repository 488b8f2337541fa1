import Testing
import WireFormat

/// Depth, length and memory: what a hostile input may cost.
@Suite struct LimitTests {
    private func limits(depth: Int) -> Reader.Limits { Reader.Limits(depth: depth) }

    @Test(arguments: [1, 2, 32])
    func optionalsNestToTheLimitAndNoDeeper(_ depth: Int) throws {
        let fits = Chain(depth: depth).encoded
        #expect(fits == [UInt8](repeating: 1, count: depth) + [0])
        #expect(throws: Never.self) { try Chain(decoding: fits, limits: limits(depth: depth)) }
        #expect(throws: WireError(.limitExceeded, "optional")) {
            try Chain(decoding: Chain(depth: depth + 1).encoded, limits: limits(depth: depth))
        }
    }

    @Test(arguments: [1, 2, 32])
    func vectorsNestToTheLimitAndNoDeeper(_ depth: Int) throws {
        // The innermost vector is empty, and a level too.
        let fits = Branch.deep(depth - 1).encoded
        #expect(try Branch(decoding: fits, limits: limits(depth: depth)) == Branch.deep(depth - 1))
        #expect(throws: WireError(.limitExceeded, "vector")) {
            try Branch(decoding: Branch.deep(depth).encoded, limits: limits(depth: depth))
        }
    }

    @Test func theStandardDepthIs32() {
        #expect(Reader.Limits.standard.depth == 32)
        #expect(throws: Never.self) { try Chain(decoding: Chain(depth: 32).encoded) }
        #expect(throws: WireError.self) { try Chain(decoding: Chain(depth: 33).encoded) }
    }

    /// A megabyte of "there is one more" exhausts no stack.
    @Test func noInputExhaustsTheStack() {
        let ones = [UInt8](repeating: 1, count: 1 << 20)
        #expect(throws: WireError(.limitExceeded, "optional")) { try Chain(decoding: ones) }
        var nested: [UInt8] = []
        for _ in 0..<5000 {
            var writer = Writer()
            writer.opaque(nested)
            nested = writer.bytes
        }
        #expect(throws: WireError(.limitExceeded, "vector")) { try Branch(decoding: nested) }
    }

    @Test func levelsAreLeftAgain() throws {
        // Many elements beside one another are not deep.
        let wide = Branch((0..<1000).map { _ in Branch([Branch([])]) })
        #expect(try Branch(decoding: wide.encoded, limits: limits(depth: 3)) == wide)
        var reader = Reader([1, 1, 0, 1, 1, 0], limits: limits(depth: 2))
        #expect(throws: Never.self) { _ = try (Chain(from: &reader), Chain(from: &reader)) }
    }

    @Test func nestedCountsALevel() throws {
        var reader = Reader([1, 2], limits: limits(depth: 1))
        #expect(try reader.nested("x") { (reader) throws(WireError) in try reader.uint8() } == 1)
        #expect(throws: WireError(.limitExceeded, "y")) {
            try reader.nested("x") { (reader) throws(WireError) in
                try reader.nested("y") { (reader) throws(WireError) in try reader.uint8() }
            }
        }
        // A failure leaves the level, too.
        #expect(try reader.nested("x") { (reader) throws(WireError) in try reader.uint8() } == 2)
    }

    @Test(arguments: [0, 63, 64, 16_383, 16_384, 20_000])
    func overLongVectorsAreRefused(_ count: Int) {
        var writer = Writer()
        writer.opaque([UInt8](repeating: 1, count: count))
        let limits = Reader.Limits(vectorLength: count)
        #expect(code(writer.bytes, limits: limits) { _ = try $0.opaque() } == nil)
        #expect(code(writer.bytes, limits: limits) { _ = try $0.vector(of: Byte.self) } == nil)
        #expect(code(writer.bytes) { _ = try $0.opaque(atMost: count) } == nil)
        let tooLong = Reader.Limits(vectorLength: count - 1)
        #expect(code(writer.bytes, limits: tooLong) { _ = try $0.opaque() } == .limitExceeded)
        #expect(code(writer.bytes, limits: tooLong) { _ = try $0.vector(of: Byte.self) } == .limitExceeded)
        #expect(code(writer.bytes, limits: tooLong) { _ = try $0.opaque(atMost: count) } == .limitExceeded)
        #expect(code(writer.bytes) { _ = try $0.opaque(atMost: count - 1) } == .limitExceeded)
        #expect(code(writer.bytes) { _ = try $0.vector(of: Byte.self, atMost: count - 1) } == .limitExceeded)
        #expect(
            code(writer.bytes) {
                _ = try $0.vector(atMost: count - 1) { (reader) throws(WireError) in try reader.uint8() }
            } == .limitExceeded)
    }

    /// A length is only believed as far as there is input: a gibibyte claimed in four bytes costs nothing. Were it
    /// allocated, this would take minutes or all memory.
    @Test func claimedLengthsAllocateNothing() {
        let claim: [UInt8] = [0xbf, 0xff, 0xff, 0xff, 1, 2, 3]
        for _ in 0..<10_000 {
            #expect(code(claim) { _ = try $0.opaque() } == .truncated)
            #expect(code(claim) { _ = try $0.vector(of: Byte.self) } == .truncated)
        }
        // The same claims inside of a vector, where what follows the vector is not its own.
        let inner: [UInt8] = [4] + claim
        #expect(code(inner) { _ = try $0.vector { (r) throws(WireError) in try r.opaque() } } == .truncated)
    }

    /// Elements take memory as they are read, at most twice what they need.
    @Test func vectorsGrowWithTheirInput() throws {
        var writer = Writer()
        writer.vector((0..<100_000).map { Byte(value: UInt8(truncatingIfNeeded: $0)) })
        var reader = Reader(writer.bytes)
        let elements = try reader.vector(of: Byte.self)
        #expect(elements.count == 100_000)
        #expect(elements.capacity * MemoryLayout<Byte>.stride <= 3 * writer.bytes.count)
        var opaque = Reader(writer.bytes)
        #expect(try opaque.opaque().capacity <= writer.bytes.count + 64)
    }
}
