import NIOHTTP1

/// Stands between a client and a relay, for tests: sees each request, and may break it or change its answer. Between two
/// requests the client does nothing but whole transactions, so these are all the places where it can be interrupted.
struct LinkTap: Sendable {
    /// Before a request goes; throws in its place.
    var before: @Sendable (HTTPMethod, String) async throws -> Void = { _, _ in }
    /// After the relay did its work: gives the answer that the client gets, or throws where it gets none.
    var after: @Sendable (HTTPMethod, String, [UInt8]) throws -> [UInt8] = { _, _, answer in answer }
}
