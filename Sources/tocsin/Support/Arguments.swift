public import ArgumentParser
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
