import ArgumentParser
import Foundation
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import Relay
import UnixSignals

/// What an HTTP server of the same make costs when it does nothing: takes a body, answers with as many bytes as a receipt.
struct FloorServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor-server", abstract: "The floor that first-light compares with; it starts this by itself.",
        shouldDisplay: false)

    @Option(help: "A relay's directory, for its certificate.")
    var data: String

    @Option(help: "The port on loopback.")
    var port: Int

    @Option(help: "A file that is made once it listens.")
    var portFile: String

    /// As many as a receipt has.
    private static let answerBytes = 16 + 8 + 8 + 32 + 64

    func run() async throws {
        let keys = try RelayKeys.load(from: URL(fileURLWithPath: data))
        let answer = ByteBuffer(repeating: 0x2a, count: Self.answerBytes)
        let router = Router()
        router.post("floor") { request, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .ok, body: ResponseBody(byteBuffer: answer))
        }
        var logger = Logger(label: "floor")
        logger.logLevel = .error
        let portFile = portFile
        let application = Application(
            router: router, server: try .tls(tlsConfiguration: keys.tlsConfiguration()),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in
                try? Data("\(channel.localAddress?.port ?? 0)\n".utf8).write(to: URL(fileURLWithPath: portFile))
            }, logger: logger)
        try await application.runService(gracefulShutdownSignals: [.sigterm])
    }
}
