import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Relay

@Suite struct BodyBudgetTests {
    /// In a process of its own: other tests take memory, too.
    @Test("a body that came leaves nothing behind, however long it might have taken")
    func leavesNothing() async {
        await #expect(processExitsWith: .success) {
            let budget = BodyBudget(bytes: 1 << 20, seconds: 300)
            try await Self.read(5_000, with: budget)
            let before = try Self.residentKiB()
            try await Self.read(40_000, with: budget)
            // A timer for each took about 780 bytes: 30 MiB.
            #expect(try Self.residentKiB() - before < 8 << 10)
        }
    }

    private static func read(_ count: Int, with budget: BodyBudget) async throws {
        for _ in 0..<count {
            let request = Request(
                head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
                body: RequestBody(buffer: ByteBuffer(bytes: [1, 2, 3])))
            _ = try await budget.reading(request, limit: 16) { $0.count }
        }
    }

    private static func residentKiB() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(fields.dropFirst().first.flatMap { Int($0) }) * 4
    }
}
