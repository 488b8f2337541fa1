import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Relay

@Suite struct BodyBudgetTests {
    @Test("a body that came leaves nothing behind, however long it might have taken")
    func leavesNothing() async throws {
        let budget = BodyBudget(bytes: 1 << 20, seconds: 300)
        func read(_ count: Int) async throws {
            for _ in 0..<count {
                let request = Request(
                    head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
                    body: RequestBody(buffer: ByteBuffer(bytes: [1, 2, 3])))
                _ = try await budget.reading(request, limit: 16) { $0.count }
            }
        }
        try await read(5_000)
        let before = try residentKiB()
        try await read(40_000)
        // A timer for each took about 780 bytes: 30 MiB.
        #expect(try residentKiB() - before < 8 << 10)
    }

    private func residentKiB() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(fields.dropFirst().first.flatMap { Int($0) }) * 4
    }
}
