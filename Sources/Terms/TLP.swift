/// Traffic Light Protocol 2.0 (FIRST): who may be told; of a person, up to what they are cleared. Ordered from least to most
/// restricted.
public enum TLP: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case clear = "CLEAR"
    case green = "GREEN"
    case amber = "AMBER"
    case amberStrict = "AMBER+STRICT"
    case red = "RED"

    public static func < (a: TLP, b: TLP) -> Bool { a.rank < b.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
