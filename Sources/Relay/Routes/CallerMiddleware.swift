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
        context.caller = .device(
            try relay.authenticate(request.headers[.authorization], on: context.channel))
        context.query = Query(of: request)
        return try await next(request, context)
    }
}

/// Takes one from the bucket of the address, or of the device that is named.
struct OpenRateMiddleware: RouterMiddleware {
    typealias Context = RelayContext
    let relay: RelayCore

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.caller = .anybody(
            try relay.caller(naming: Query.device(of: request), on: context.channel))
        return try await next(request, context)
    }
}
