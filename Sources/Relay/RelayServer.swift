public import CallList
public import Foundation
import Hummingbird
import HummingbirdHTTP2
public import Logging
import NIOCore
import RelayAPI
import ServiceLifecycle
import UnixSignals

/// The whole relay: storage, routes, timers, TLS.
public struct RelayServer: Sendable {
    /// How a relay is started.
    public struct Options: Sendable {
        /// Where keys and database are.
        public var data: URL
        /// The signed root, already checked against its pin.
        public var root: TrustedRoot
        /// A call list to begin with, or to go on to where it is the next.
        public var callList: [UInt8]?
        public var host: String
        /// 0 for any free one.
        public var port: Int
        public var limits: RelayLimits
        /// Told the port once the relay listens.
        public var onListening: @Sendable (Int) async -> Void

        public init(
            data: URL, root: TrustedRoot, callList: [UInt8]?, host: String, port: Int, limits: RelayLimits,
            onListening: @escaping @Sendable (Int) async -> Void
        ) {
            self.data = data
            self.root = root
            self.callList = callList
            self.host = host
            self.port = port
            self.limits = limits
            self.onListening = onListening
        }
    }

    /// Why a relay cannot start.
    public struct StartFailure: Error, CustomStringConvertible {
        public let description: String
        public let hint: String
    }

    private let options: Options
    private let logger: Logger
    let core: RelayCore
    private let keys: RelayKeys
    private let wake: AsyncStream<Void>

    public init(_ options: Options, logger: Logger) async throws {
        try await self.init(options, logger: logger, now: { RelayTime(Date()) })
    }

    init(_ options: Options, logger: Logger, now: @escaping @Sendable () -> RelayTime) async throws {
        self.options = options
        self.logger = logger
        keys = try RelayKeys.load(from: options.data)
        let store = try SQLiteStore(
            path: options.data.appendingPathComponent("relay.sqlite").path, pages: options.limits.databasePages)
        let continuation: AsyncStream<Void>.Continuation
        (wake, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (list, isNew) = try await Self.firstList(options, store: store)
        core = RelayCore(
            store: store, list: list, root: options.root, identity: keys.identity, limits: options.limits, now: now,
            wakeTimer: continuation)
        if isNew {
            try await store.put(
                callList: list.bundleBytes, version: list.version, devices: Set(list.devices.map(\.id)))
        }
        if let given = options.callList { try await takeIfNext(given) }
    }

    /// The newest stored list; else the given one.
    private static func firstList(
        _ options: Options, store: SQLiteStore
    ) async throws -> (list: CallList, isNew: Bool) {
        if let stored = try await store.newestCallList() {
            return (try UnverifiedCallList(decoding: stored).verify(root: options.root), false)
        }
        guard let given = options.callList else {
            throw StartFailure(description: "there is no call list yet", hint: "give one: --calllist FILE")
        }
        return (try UnverifiedCallList(decoding: given).verify(root: options.root), true)
    }

    /// A given list that is the next is taken; an older or the same one is passed over.
    private func takeIfNext(_ bundle: [UInt8]) async throws {
        let list = try UnverifiedCallList(decoding: bundle).verify(root: core.root)
        if list.version > core.directory.list.version { try await core.accept(callList: bundle) }
    }

    /// Serves until the process is told to end.
    public func run() async throws {
        let router = Router(context: RelayContext.self)
        router.add(middleware: ProblemMiddleware(logger: logger))
        OpenRoutes(relay: core).add(to: router)
        DeviceRoutes(relay: core).add(to: router)
        RoomRoutes(relay: core).add(to: router)
        StreamRoutes(relay: core).add(to: router)
        let onListening = options.onListening
        let application = Application(
            router: router, server: try .http2Upgrade(tlsConfiguration: keys.tlsConfiguration()),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: nil),
            services: [
                EscalationTimer(relay: core, wake: wake, logger: logger), StreamKeeper(relay: core),
            ],
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: logger)
        try await application.runService(gracefulShutdownSignals: [.sigterm, .sigint])
    }
}
