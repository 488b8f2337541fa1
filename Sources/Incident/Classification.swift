/// Traffic Light Protocol 2.0 (FIRST): who may be told. Ordered from least to most restricted.
public enum TLP: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case clear = "CLEAR"
    case green = "GREEN"
    case amber = "AMBER"
    case amberStrict = "AMBER+STRICT"
    case red = "RED"

    public static func < (a: TLP, b: TLP) -> Bool { a.rank < b.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How bad a page says it is. Ordered from least to most severe.
public enum Severity: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case info, low, medium, high, critical

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
