import HTTPTypes
import Hummingbird
import Terms

/// Asks for a session. What comes after it is a device's request, of a device that the newest call list has.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = RelayContext
    let relay: RelayCore

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = .device(try relay.authenticate(request.headers[.authorization]))
        context.query = Query(of: request)
        return try await next(request, context)
    }
}

/// Takes one from the bucket that all requests without a session share.
struct OpenRateMiddleware: RouterMiddleware {
    typealias Context = RelayContext
    let relay: RelayCore

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        try relay.openRate.take(0, at: relay.now().date)
        var context = context
        context.caller = .anybody
        return try await next(request, context)
    }
}
