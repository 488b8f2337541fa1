import HTTPTypes
import Hummingbird
import NIOCore
import RelayAPI
import WireFormat

/// Request bodies on their way: what was received is charged, not what was announced [R19], and held as long as the request is
/// worked on. Who is too slow is told so by ``RequestClock``.
final class BodyBudget: Sendable {
    private let bytes: SharedBytes<Party>

    /// - Parameters:
    ///   - most: bytes, of all requests together.
    ///   - part: bytes of one party's.
    init(most: Int, part: Int) { bytes = SharedBytes(most: most, part: part) }

    /// Reads a request's body and holds its share of the budget as long as `use` runs.
    /// - Parameter limit: bytes that the body may have.
    /// - Throws: `requestTooLarge`; `unavailable` or `rateLimited` where there is no room; `malformedRequest` where it comes too
    ///   slowly; what `use` throws.
    func reading<T: Sendable>(
        _ request: Request, of caller: Caller, limit: Int, _ use: ([UInt8]) async throws -> T
    ) async throws -> T {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw Problem.tooLarge(limit) }
        let share = bytes.share(of: caller.party, goesFirst: caller.goesFirst)
        var body: [UInt8] = []
        do {
            for try await part in request.body {
                guard body.count + part.readableBytes <= limit else { throw Problem.tooLarge(limit) }
                try share.take(part.readableBytes)
                body.append(contentsOf: part.readableBytesView)
            }
        } catch is RequestClock.TooSlow {
            throw Problem.bodyTimeout
        }
        // A connection that broke off ends the body, too.
        guard announced == nil || announced == body.count else { throw Problem.malformed("the body broke off") }
        defer { withExtendedLifetime(share) {} }
        return try await use(body)
    }
}
