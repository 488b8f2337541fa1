public import CallList
public import Foundation
import Hummingbird
public import Logging
import NIOCore
import Platform
import RelayAPI
import ServiceLifecycle
import Terms
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

    /// What open requests get to end by themselves once the relay is told to.
    static let shutdownPatience = Duration.seconds(5)
    /// Connections that the system keeps until they are accepted.
    private static let backlog = 1_024

    private let options: Options
    private let logger: Logger
    let core: RelayCore
    private let lock: DataLock
    private let keys: RelayKeys
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    public init(_ options: Options, logger: Logger) async throws {
        try await self.init(options, logger: logger, clocks: .system)
    }

    init(_ options: Options, logger: Logger, clocks: RelayClock.Sources) async throws {
        self.options = options
        self.logger = logger
        keys = try RelayKeys.load(from: options.data)
        lock = try DataLock(directory: options.data)
        let hub = StreamHub(limits: options.limits)
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (self.wakeUps, self.wake) = (wakeUps, wake)
        let store = try Self.openStore(options, identity: keys.identity, logger: logger) { notices in
            hub.tell(notices)
            if notices.contains(where: \.concernsTimers) { wake.yield() }
        }
        let (list, isNew) = try await Self.firstList(options, store: store)
        let generation = try await Self.openGeneration(options, store: store, isNew: isNew, logger: logger)
        let clock = try await Self.startClock(clocks, store: store)
        clock.isAfter(Timestamp(list.issued))
        core = try RelayCore(
            store: store, list: list, root: options.root, identity: keys.identity, limits: options.limits, hub: hub,
            descriptors: DescriptorLimit.current, clock: clock, generation: generation)
        if isNew {
            try await store.put(
                callList: list.bundleBytes, version: list.version, devices: Set(list.devices.map(\.id)))
        }
        if let given = options.callList { try await takeIfNext(given, logger: logger) }
        // A list may have come just before the relay ended.
        try await store.makePagesDue()
        if clock.startedBehind {
            logger.warning("the clock is behind the last time that was kept: all that waits is due")
            for failure in try await store.wakeWhatWaits(at: clock.now, under: core.directory.list) {
                logger.report("a page's timers could not be woken", failure)
            }
        }
        try await store.keep(clock.tick)
    }

    /// Serves until the process is told to end.
    /// - Throws: ``StartError`` where the address cannot be listened on.
    public func run() async throws {
        let group = ServiceGroup(configuration: try serviceConfiguration(signals: [.sigterm, .sigint]))
        try await run(group)
    }

    /// A group that a test can end.
    func serviceConfiguration(signals: [UnixSignal]) throws -> ServiceGroupConfiguration {
        let application = try application()
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: signals, logger: logger)
        // Whoever does not read their stream must not keep the relay from ending.
        configuration.maximumGracefulShutdownDuration = Self.shutdownPatience
        return configuration
    }

    func run(_ group: ServiceGroup) async throws {
        do {
            try await group.run()
        } catch let error as IOError {
            throw StartError(
                .cannotListen,
                "cannot listen on \(options.host):\(options.port): "
                    + String(cString: strerror(error.errnoCode)),
                hint: "is another program listening there? --listen takes another address or port")
        }
    }

    /// A service for each duty beside serving.
    private var services: [any Service] {
        let (passes, pass) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return [
            Escalations(relay: core, wakeUps: wakeUps, wake: wake, passed: pass, logger: logger),
            Housekeeping(relay: core, passes: passes, logger: logger), StreamKeeper(relay: core),
        ]
    }

    private func application() throws -> some Service {
        let router = Router(context: RelayContext.self)
        router.add(middleware: ProblemMiddleware(logger: logger))
        OpenRoutes(relay: core).add(to: router.anybody(at: core))
        let devices = router.devices(of: core)
        DeviceRoutes(relay: core).add(to: devices)
        RoomRoutes(relay: core).add(to: devices)
        StreamRoutes(relay: core).add(to: devices)
        let (onListening, connections, logger) = (options.onListening, core.connections, logger)
        let door = AcceptDoor()
        return Application(
            router: router,
            server: RelayChannel.server(
                tls: try keys.tlsConfiguration(), connections: connections,
                patience: RequestClock.Patience(limits: options.limits)),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: nil, backlog: Self.backlog,
                availableConnectionsDelegate: door),
            services: services,
            onServerRunning: { channel in
                await door.open(channel, connections: connections, logger: logger)
                await onListening(channel.localAddress?.port ?? 0)
            }, logger: logger)
    }
}
