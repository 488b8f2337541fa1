public import ArgumentParser
public import Gateway
public import Incident
public import Terms

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
