import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RelayAPI
import Terms
import Testing

@testable import Relay

@Suite struct BodyBudgetTests {
    /// In a process of its own: other tests take memory, too.
    @Test("a body that came leaves nothing behind, however long it might have taken")
    func leavesNothing() async {
        await #expect(processExitsWith: .success) {
            let budget = BodyBudget(most: 1 << 20, part: 1 << 20)
            try await Self.read(5_000, with: budget)
            let before = try Self.residentKiB()
            try await Self.read(40_000, with: budget)
            // A timer for each took about 780 bytes: 30 MiB.
            #expect(try Self.residentKiB() - before < 8 << 10)
        }
    }

    @Test("what came is charged, not what was announced; each has a part, and what is small the reserve [R19]")
    func shares() throws {
        let bytes = SharedBytes<Int>(most: 1 << 20, part: 600 << 10)
        let (one, two, three) = (
            bytes.share(of: 1, goesFirst: false), bytes.share(of: 2, goesFirst: false),
            bytes.share(of: 3, goesFirst: true)
        )
        try one.take(600 << 10)
        #expect(throws: Problem.tooMuchAtOnce) { try one.take(1) }
        // A quarter is kept.
        try two.take(160 << 10)
        #expect(throws: Problem.overloaded) { try two.take(64 << 10) }
        try bytes.share(of: 2, goesFirst: false).take(64 << 10)
        try three.take(128 << 10)
        one.keepOnly(100)
        #expect(bytes.used == 100 + (160 << 10) + (128 << 10))
    }

    @Test func whatIsHeldIsGivenBackOnce() throws {
        let bytes = SharedBytes<Int>(most: 1 << 20, part: 1 << 20)
        for _ in 0..<100 {
            let share = bytes.share(of: 1, goesFirst: true)
            try share.take(1 << 20)
            #expect(throws: Problem.tooMuchAtOnce) { try bytes.share(of: 1, goesFirst: true).take(1) }
            share.keepOnly(5)
        }
        #expect(bytes.used == 0)
    }

    private static func read(_ count: Int, with budget: BodyBudget) async throws {
        for _ in 0..<count {
            let request = Request(
                head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
                body: RequestBody(buffer: ByteBuffer(bytes: [1, 2, 3])))
            _ = try await budget.reading(request, of: .device(.random()), limit: 16) { $0.count }
        }
    }

    private static func residentKiB() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(fields.dropFirst().first.flatMap { Int($0) }) * 4
    }
}
