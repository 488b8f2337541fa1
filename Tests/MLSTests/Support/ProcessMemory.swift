import Foundation
import Sodium
import Testing

/// A secret as the search for it may know it: under a mask, so that the search does not find itself.
struct MaskedSecret {
    private static let mask: UInt8 = 0xa5
    /// How long such secrets are, in bytes.
    static let lengths = 8...64
    let bytes: [UInt8]

    init(_ secret: SecretBytes) {
        precondition(Self.lengths.contains(secret.count))
        bytes = secret.withUnsafeBytes { $0.map { $0 ^ Self.mask } }
    }

    /// The first eight bytes, under the mask.
    var firstWord: UInt64 { bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } }

    /// The eight bytes there, under the mask.
    static func word(at start: UnsafePointer<UInt8>) -> UInt64 {
        UnsafeRawPointer(start).loadUnaligned(as: UInt64.self) ^ (UInt64.max / 0xff * UInt64(mask))
    }

    func matches(_ start: UnsafePointer<UInt8>) -> Bool {
        bytes.indices.allSatisfy { start[$0] ^ Self.mask == bytes[$0] }
    }
}

/// This process's heap and stacks: its writable memory but for what is mapped from files. Only for a process in which
/// nothing else runs: what other threads map, unmap and free meanwhile would be missed, or found.
enum ProcessMemory {
    /// How often each secret is in it.
    static func occurrences(of secrets: [MaskedSecret]) throws -> [Int] {
        var counts = [Int](repeating: 0, count: secrets.count)
        let memory = open("/proc/self/mem", O_RDONLY)
        try #require(memory >= 0)
        defer { close(memory) }
        for line in try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ")
            // The heap, mappings without a name, and stacks.
            guard words.count >= 2, words[1].hasPrefix("rw"), words.count < 6 || words[5].hasPrefix("[") else {
                continue
            }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            try #require(ends.count == 2)
            try search(memory, from: ends[0], to: ends[1], secrets, &counts)
        }
        return counts
    }

    private static func search(
        _ memory: CInt, from start: UInt, to end: UInt, _ secrets: [MaskedSecret], _ counts: inout [Int]
    ) throws {
        let chunk = 1 << 16
        let overlap = MaskedSecret.lengths.upperBound
        // Not by one byte, which may be zero, as most of memory is.
        let firsts = Dictionary(grouping: secrets.indices) { secrets[$0].firstWord }
        // Read piece by piece into one buffer, which is wiped: the search must not leave copies for the next one.
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: chunk + overlap)
        defer { buffer.deallocate() }
        let own = UInt(bitPattern: buffer)..<UInt(bitPattern: buffer) + UInt(chunk + overlap)
        for position in stride(from: start, to: end, by: chunk) {
            let wanted = Int(min(UInt(chunk + overlap), end - position))
            let count = pread(memory, buffer, wanted, Int(position))
            defer { memset(buffer, 0, chunk + overlap) }
            try #require(count > 0)
            // Most of memory is zero.
            guard buffer[0] != 0 || memcmp(buffer, buffer + 1, count - 1) != 0 else { continue }
            for offset in 0..<min(count, chunk) where !own.contains(position + UInt(offset)) {
                guard let candidates = firsts[MaskedSecret.word(at: buffer + offset)] else { continue }
                for number in candidates
                where offset + secrets[number].bytes.count <= count && secrets[number].matches(buffer + offset) {
                    counts[number] += 1
                }
            }
        }
    }
}
