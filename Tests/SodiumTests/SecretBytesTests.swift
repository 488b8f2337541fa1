import Testing

@testable import Sodium

/// Printed by its name; a type inside a function or a private one is printed with an address, which may hold any digits.
struct SecretHolder {
    let secret: SecretBytes
}

/// Memory that holds secrets: shared, wiped, never printed.
@Suite struct SecretBytesTests {
    @Test(arguments: [SecretBytes.Memory.heap, .guarded], [0, 1, 32, 4096, 100_000])
    func holdsBytes(_ memory: SecretBytes.Memory, _ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let secret = try SecretBytes(bytes, memory: memory)
        #expect(secret.count == count)
        #expect(secret.memory == memory)
        #expect(secret.exposedCopy() == bytes)
        #expect(secret.withUnsafeBytes { $0.count } == count)
        #expect(try secret.guarded().exposedCopy() == bytes)
        #expect(try secret.guarded().memory == .guarded)
        #expect(secret.slice(0..<count).exposedCopy() == bytes)
        if count > 1 { #expect(secret.slice(1..<count).exposedCopy() == Array(bytes.dropFirst())) }
    }

    @Test func takesAnyCollection() {
        #expect(SecretBytes(1...3).exposedCopy() == [1, 2, 3])
        #expect(SecretBytes([1, 2, 3].lazy.map { $0 * 2 }).exposedCopy() == [2, 4, 6])
        #expect(SecretBytes("abc".utf8).exposedCopy() == [97, 98, 99])
    }

    @Test func startsWithZeros() throws {
        let secret = SecretBytes(count: 16) { buffer in buffer[3] = 7 }
        #expect(secret.exposedCopy() == [0, 0, 0, 7] + [UInt8](repeating: 0, count: 12))
        #expect(try SecretBytes(count: 64, memory: .guarded) { _ in }.exposedCopy() == [UInt8](repeating: 0, count: 64))
    }

    @Test func aFailedFillGivesNothing() {
        struct Failed: Error {}
        #expect(throws: Failed.self) { try SecretBytes(count: 8) { _ throws(Failed) in throw Failed() } }
        let failed = SodiumError(.weakKey, "a failure")
        for memory in [SecretBytes.Memory.heap, .guarded] {
            #expect(throws: failed) {
                try SecretBytes(count: 8, memory: memory) { _ throws(SodiumError) in throw failed }
            }
        }
    }

    @Test func comparesInConstantTime() throws {
        let a = SecretBytes([1, 2, 3])
        #expect(try a.constantTimeEquals(SecretBytes([1, 2, 3], memory: .guarded)))
        #expect(!a.constantTimeEquals(SecretBytes([1, 2, 4])))
        #expect(!a.constantTimeEquals(SecretBytes([1, 2])))
        #expect(SecretBytes([]).constantTimeEquals(SecretBytes([])))
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1], [1]))
        #expect(!constantTimeEquals([1], [2]))
        #expect(!constantTimeEquals([1], [1, 1]))
    }

    @Test func isNeverPrinted() {
        let secret = SecretBytes([0xde, 0xad, 0xbe, 0xef])
        var dumped = ""
        dump(secret, to: &dumped)
        dump(SecretHolder(secret: secret), to: &dumped)
        let texts = [
            "\(secret)", String(reflecting: secret), "\(SecretHolder(secret: secret))", "\(Optional(secret) as Any)",
        ]
        for text in texts + [dumped] {
            #expect(text.contains("SecretBytes"))
            for trace in ["222", "173", "190", "239", "dead", "0x"] { #expect(!text.contains(trace), "\(text)") }
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    /// The last reference's end wipes the bytes: looked at in the storage itself, just before the memory is given back.
    @Test func heapSecretsAreWiped() {
        let storage = HeapSecret.make(count: 32)
        storage.withUnsafeMutablePointers { count, start in
            start.initialize(repeating: 0xaa, count: 32)
            #expect(count.pointee == 32)
            HeapSecret.wipe(count: count.pointee, start)
            #expect(UnsafeBufferPointer(start: start, count: 32).allSatisfy { $0 == 0 })
        }
    }

    @Test func arraysAreWiped() {
        var bytes: [UInt8] = [1, 2, 3]
        wipe(&bytes)
        #expect(bytes.isEmpty)
        wipe(&bytes)
        #expect(bytes.isEmpty)
    }

    @Test func randomnessIsDrawnAfresh() throws {
        let secrets = (0..<100).map { _ in SecretBytes.random(count: 16).exposedCopy() }
        #expect(Set(secrets).count == 100)
        #expect(SecretBytes.random(count: 0).count == 0)
        #expect(try SecretBytes.random(count: 32, memory: .guarded).memory == .guarded)
        #expect(Set((0..<100).map { _ in randomBytes(count: 16) }).count == 100)
        #expect(randomBytes(count: 0).isEmpty)
    }

    @Test func manyTasksMayShareAndStart() async throws {
        let secret = try SecretBytes([UInt8](repeating: 7, count: 64), memory: .guarded)
        let sums = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    Initialisation.ensure()
                    return secret.slice(0..<32).withUnsafeBytes { $0.reduce(0) { $0 + Int($1) } }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == Array(repeating: 7 * 32, count: 64))
    }
}

@Suite struct HexadecimalTests {
    @Test func everyByteRoundTrips() {
        let bytes = Array(UInt8.min...UInt8.max)
        let text = Hexadecimal.encode(bytes)
        #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
        #expect(text.hasSuffix("f8f9fafbfcfdfeff"))
        #expect(text.count == 512)
        #expect(Hexadecimal.decode(text) == bytes)
        #expect(Hexadecimal.encode([]).isEmpty)
        #expect(Hexadecimal.decode("") == [])
    }

    @Test(arguments: ["0", "0g", "g0", "AB", "0x", " 0", "ab ", "０１", "/0", ":0", "@0", "`0"])
    func refusesOtherForms(_ text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }
}
