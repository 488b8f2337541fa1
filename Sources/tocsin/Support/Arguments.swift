public import ArgumentParser
import Foundation
import Gateway
public import Incident
public import Terms

/// A tool's way of telling, by the name that its reader has.
struct AlertFormat: ExpressibleByArgument {
    let reader: any AlertReader.Type

    init(_ reader: any AlertReader.Type) { self.reader = reader }

    init?(argument: String) {
        guard let reader = AlertReaders.named(argument) else { return nil }
        self.reader = reader
    }

    var defaultValueDescription: String { reader.name }
    static var allValueStrings: [String] { AlertReaders.all.map { $0.name } }
}

extension Severity: ExpressibleByArgument {}

extension TLP: ExpressibleByArgument {
    /// Upper or lower case, with or without `TLP:`.
    public init?(argument: String) {
        let text = argument.uppercased()
        self.init(rawValue: text.hasPrefix("TLP:") ? String(text.dropFirst(4)) : text)
    }
}

extension MemberID: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// A time in UTC to the second, as documents have it: `2027-01-31T12:00:00Z`.
struct Timepoint: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        guard let date = try? Date(argument, strategy: Date.ISO8601FormatStyle()) else { return nil }
        self.date = date
    }
}

/// How a person names a room: by its id, or by the id's first digits. Anything else is refused before passphrase or text are
/// asked for: where a script's variable is empty, the text would stand in the room's place.
struct RoomArgument: ExpressibleByArgument {
    let text: String

    init?(argument: String) {
        let text = argument.lowercased()
        guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            return nil
        }
        self.text = text
    }
}
