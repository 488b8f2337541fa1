/// What every module's errors say, in one shape: a stable code to branch on, a reason that holds no secret and can be shown,
/// what to do about it, and where in this program it was found.
public protocol Explained: Error, CustomStringConvertible {
    associatedtype Code: RawRepresentable, Hashable, Sendable where Code.RawValue == String
    var code: Code { get }
    var reason: String { get }
    /// What to type or whom to ask; nil where nothing can be said.
    var hint: String? { get }
    /// The source file and line: for who mends the program, never for who uses it.
    var file: StaticString { get }
    var line: UInt { get }
}

extension Explained {
    public var description: String { reason }
}

/// The error of a module that has codes of its own.
public struct Failure<Code>: Explained where Code: RawRepresentable & Hashable & Sendable, Code.RawValue == String {
    public let code: Code
    public let reason: String
    public let hint: String?
    public let file: StaticString
    public let line: UInt

    public init(
        _ code: Code, _ reason: String, hint: String? = nil, file: StaticString = #fileID, line: UInt = #line
    ) {
        self.code = code
        self.reason = reason
        self.hint = hint
        self.file = file
        self.line = line
    }
}

extension Failure: Hashable {
    /// Two are the same where they say the same, wherever they were found.
    public static func == (a: Failure, b: Failure) -> Bool {
        a.code == b.code && a.reason == b.reason && a.hint == b.hint
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(reason)
        hasher.combine(hint)
    }
}
