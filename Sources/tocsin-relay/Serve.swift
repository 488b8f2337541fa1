import ArgumentParser
import CallList
import Foundation
import Logging
import Platform
import Relay
import Terms

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve until told to end (SIGTERM).")

    @Option(help: "The directory that `init` made.")
    var data: String

    @Option(help: "The officers' signed root.")
    var root: String

    @Option(help: "Its digest, as the officers told it by another way.")
    var rootDigest: String

    @Option(name: .customLong("calllist"), help: "A call list to begin with, or to go on to.")
    var callList: String?

    @Option(help: "IP address and port to listen on; port 0 takes any free one.")
    var listen = "127.0.0.1:8443"

    @Option(help: "A JSON file with limits that differ from the defaults.")
    var limits: String?

    @Option(help: "Where to write the port once the relay listens.")
    var portFile: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    func run() async throws {
        umask(0o077)
        DescriptorLimit.raise()
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "tocsin-relay")
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("--log-level must be one of trace, debug, info, notice, warning, error, critical")
        }
        logger.logLevel = level
        do {
            try await RelayServer(try options(logger: logger), logger: logger).run()
        } catch {
            throw report(error)
        }
    }

    func validate() throws { _ = try listenAddress() }

    private func listenAddress() throws -> ListenAddress {
        guard let address = ListenAddress(listen) else {
            throw ValidationError(
                """
                --listen must be an IP address and a port, such as 127.0.0.1:8443 or [::1]:8443; a name would have to \
                be looked up, and a relay depends on no name service
                """)
        }
        return address
    }

    private func options(logger: Logger) throws -> RelayServer.Options {
        let address = try listenAddress()
        let portFile = portFile
        return RelayServer.Options(
            data: URL(fileURLWithPath: data),
            root: try TrustedRoot(
                verifying: NewFile.read(URL(fileURLWithPath: root), limit: CallListLimits.bundleBytes),
                pinnedDigest: rootDigest),
            callList: try callList.map {
                try NewFile.read(URL(fileURLWithPath: $0), limit: CallListLimits.bundleBytes)
            }, host: address.host,
            port: address.port, limits: try readLimits(),
            onListening: { port in
                logger.notice("listening", metadata: ["port": "\(port)"])
                guard let portFile else { return }
                do {
                    try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: portFile), options: .atomic)
                } catch {
                    logger.error("cannot write the port file")
                }
            })
    }

    private func readLimits() throws -> RelayLimits {
        guard let limits else { return RelayLimits() }
        let bytes = try NewFile.read(URL(fileURLWithPath: limits), limit: 1 << 20)
        do {
            return try JSONDecoder().decode(RelayLimits.self, from: Data(bytes))
        } catch DecodingError.dataCorrupted(let context) {
            throw CallListError(.malformed, "\(limits): \(context.debugDescription)")
        } catch {
            throw CallListError(.malformed, "\(limits) is not a JSON object of limits")
        }
    }
}
