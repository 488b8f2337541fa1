import ArgumentParser
import CallList
import Foundation
import Platform
import Relay
import Terms

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a relay's identity key and certificate, and the document for the call list.")

    @Option(help: "Directory for keys and database; must not hold a relay yet.")
    var data: String

    @Option(help: "The relay's name on the call list.")
    var id = "relay-1"

    @Option(
        help: "Where clients reach it: https://, an IP address or onion name, and a port. May be given several times.")
    var address: [String]

    @Option(name: .customLong("out"), help: "File for the relay document.")
    var output: String

    func run() throws {
        try failing {
            let record = try RelayKeys.create(in: URL(fileURLWithPath: data), id: id, addresses: address) { record in
                try NewFile.write(record.encoded(), to: URL(fileURLWithPath: output), mode: 0o644)
            }
            let places = record.addresses.joined(separator: ", ")
            print("relay \(record.id) at \(places): give \(output) to the officers")
        }
    }
}

/// Prints a failure as every Tocsin program does, and ends with EX_CONFIG (78).
func failing<T>(_ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch {
        throw report(error)
    }
}

func report(_ error: any Error) -> any Error {
    if error is ExitCode || error is CleanExit { return error }
    let hint = (error as? any Explained)?.hint
    let text = "tocsin-relay: \(error)\n" + (hint.map { "hint: \($0)\n" } ?? "")
    FileHandle.standardError.write(Data(text.utf8))
    return ExitCode(78)
}
