public import Terms

/// A tool's way of saying that there is trouble: one type for each tool, in a file of its own.
public protocol AlertReader: Sendable {
    /// What it is asked for by: lower-case letters.
    static var name: String { get }
    /// Makes pages and resolutions of one input that is neither empty nor too large. Called by ``read(_:)``, which sees to
    /// that; nobody else calls it.
    static func parse(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput
}

extension AlertReader {
    /// What the tool said.
    /// - Throws: `empty`, `tooLarge`; `malformed` where this is not what the tool sends.
    public static func read(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        guard bytes.count <= AlertReaders.maximumBytes else {
            throw AlertInputError(
                .tooLarge, "the input has more than \(AlertReaders.maximumBytes) bytes", hint: "send less at once")
        }
        guard !bytes.isEmpty else {
            throw AlertInputError(.empty, "the input is empty", hint: "pipe the alert into this command")
        }
        return try parse(bytes)
    }
}

/// The tools that this program understands. A new one is a file with its reader, and a word here.
public enum AlertReaders {
    public static let all: [any AlertReader.Type] = [AlertmanagerReader.self, PlainJSONReader.self, TextReader.self]

    /// The most bytes of one input, whoever reads it.
    public static let maximumBytes = 1 << 20

    public static func named(_ name: String) -> (any AlertReader.Type)? { all.first { $0.name == name } }
}
