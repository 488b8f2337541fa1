/// How bad a page says it is. Ordered from least to most severe.
public enum Severity: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case info, low, medium, high, critical

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
