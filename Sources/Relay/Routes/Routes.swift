import Foundation
import HTTPTypes
import Hummingbird
import RelayAPI
import WireFormat

/// The routes of one kind of caller. A handler gets the caller's context and the decoded body, never the request: so there is
/// no route without its caller, and no body that is read but within the limit that stands where the route is registered.
struct Routes<Context: CallerContext> {
    private let group: RouterGroup<Context>

    fileprivate init(_ group: RouterGroup<Context>) { self.group = group }

    /// A route that takes no body.
    func on(
        _ method: HTTPRequest.Method, _ path: RouterPath,
        _ handler: @escaping @Sendable (Context) async throws -> Response
    ) {
        group.on(path, method: method) { _, context in try await handler(context) }
    }

    /// A route that takes bytes.
    func on(
        _ method: HTTPRequest.Method, _ path: RouterPath, within limit: BodyLimit,
        _ handler: @escaping @Sendable ([UInt8], Context) async throws -> Response
    ) {
        group.on(path, method: method) { request, context in
            try await limit.budget.reading(request, of: context.caller, limit: limit.bytes) {
                try await handler($0, context)
            }
        }
    }

    /// A route that takes JSON.
    func on<Body: Decodable & Sendable>(
        _ method: HTTPRequest.Method, _ path: RouterPath, json type: Body.Type, within limit: BodyLimit,
        _ handler: @escaping @Sendable (Body, Context) async throws -> Response
    ) {
        on(method, path, within: limit) { bytes, context in
            guard let body = try? JSONDecoder().decode(type, from: Data(bytes)) else {
                throw Problem.malformed("the body is not the JSON that this resource takes")
            }
            return try await handler(body, context)
        }
    }

    /// A route that takes a binary structure.
    func on<Body: WireDecodable & Sendable>(
        _ method: HTTPRequest.Method, _ path: RouterPath, binary type: Body.Type, within limit: BodyLimit,
        _ handler: @escaping @Sendable (Body, Context) async throws -> Response
    ) {
        on(method, path, within: limit) { bytes, context in
            let body: Body
            do {
                body = try Body(decoding: bytes)
            } catch {
                throw Problem.malformed("the body is not what this resource takes: \(error)")
            }
            return try await handler(body, context)
        }
    }
}

/// How large a body may be, and out of which budget it comes.
struct BodyLimit: Sendable {
    let budget: BodyBudget
    let bytes: Int
}

extension BodyBudget {
    func upTo(_ bytes: Int) -> BodyLimit { BodyLimit(budget: self, bytes: bytes) }
}

extension Router<RelayContext> {
    /// The routes of who has a session.
    func devices(of relay: RelayCore) -> Routes<DeviceContext> {
        Routes(group().add(middleware: AuthenticationMiddleware(relay: relay)).group(context: DeviceContext.self))
    }

    /// The routes of anybody.
    func anybody(at relay: RelayCore) -> Routes<OpenContext> {
        Routes(group().add(middleware: OpenRateMiddleware(relay: relay)).group(context: OpenContext.self))
    }
}
