public import ArgumentParser
public import CallList
public import Gateway
public import Incident

extension AlertFormat: ExpressibleByArgument {}

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
