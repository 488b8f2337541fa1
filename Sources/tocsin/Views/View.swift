import Foundation

/// Something that commands show. What it looks like, as text and as JSON, stands in its view and nowhere else: a command
/// makes the view, and ``OutputOptions`` shows it.
///
/// As JSON, names have underscores (`timeMs` is `time_ms`); a field that is nil is left out, but for one that is ``OrNull``.
protocol View: Encodable {
    /// For a person; none where there is nothing to say.
    func lines(in style: Style) -> [String]
}

extension OutputOptions {
    func show(_ view: some View) throws {
        if json { Terminal.show(try JSON.text(view)) } else { show(view.lines(in: Style())) }
    }

    /// One JSON value for all.
    func show<V: View>(_ views: [V]) throws {
        if json { return Terminal.show(try JSON.text(views)) }
        let style = Style()
        show(views.flatMap { $0.lines(in: style) })
    }

    /// What was written to the file at `path`: beside it, not into it.
    func show(_ view: some View, beside path: String) throws {
        guard path == "-" else { return try show(view) }
        Terminal.tell(json ? try JSON.text(view) : view.lines(in: Style()).joined(separator: "\n"))
    }

    private func show(_ lines: [String]) {
        if !lines.isEmpty { Terminal.show(lines.joined(separator: "\n")) }
    }
}

/// Data for programs: one JSON value, keys in order.
enum JSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A field that is always there: null where there is nothing to say.
struct OrNull<Value: Encodable>: Encodable {
    let value: Value?

    init(_ value: Value?) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}
