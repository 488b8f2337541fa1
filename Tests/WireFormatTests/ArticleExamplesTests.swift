import Foundation
import Testing
import WireFormat

enum Kind: UInt16 {
    case text = 1
    case image = 2
}

/// struct { Kind kind; uint64 sent; opaque sender[4]; opaque body<V>; } Letter;
struct Letter: WireCodable, Equatable {
    let kind: Kind
    let sent: UInt64
    let sender: [UInt8]
    let body: [UInt8]

    init(kind: Kind, sent: UInt64, sender: [UInt8], body: [UInt8]) {
        self.kind = kind
        self.sent = sent
        self.sender = sender
        self.body = body
    }

    init(from reader: inout Reader) throws(WireError) {
        kind = try reader.enumeration(Kind.self, "kind")
        sent = try reader.uint64("sent")
        sender = try reader.fixed(4, "sender")
        body = try reader.opaque("body", atMost: 1 << 16)
    }

    func encode(to writer: inout Writer) {
        writer.enumeration(kind)
        writer.uint64(sent)
        writer.fixed(sender)
        writer.opaque(body)
    }
}

/// The article's examples, compiled and run; the last test holds the article to what stands here.
@Suite struct ArticleExamplesTests {
    @Test func examples() throws {
        let letter = Letter(kind: .text, sent: 7, sender: [1, 2, 3, 4], body: Array("hello".utf8))
        let bytes = letter.encoded
        let copy = try Letter(decoding: bytes)
        #expect(copy == letter)

        var writer = Writer()
        writer.vector([letter, letter])
        writer.optional(letter)
        var reader = Reader(writer.bytes)
        let letters = try reader.vector(of: Letter.self)
        let answer = try reader.optional(Letter.self)
        try reader.finish("letters")
        #expect(letters == [letter, letter])
        #expect(answer == letter)

        let limits = Reader.Limits(depth: 4, vectorLength: 1 << 20)
        let careful = try Letter(decoding: bytes, limits: limits)
        #expect(careful == letter)

        var source = Reader(bytes)
        let part = try source.capturing { (reader) throws(WireError) in try Letter(from: &reader) }
        #expect(part.value == letter)
        #expect(part.bytes == bytes)
    }

    @Test func theArticleShowsWhatIsCompiledHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let article = root.appendingPathComponent("Sources/WireFormat/WireFormat.docc/WireFormat.md")
        let compiled = try Self.lines(String(contentsOf: here, encoding: .utf8))
        let examples = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
        #expect(examples.count == 5)
        for example in examples {
            let code = try #require(example.components(separatedBy: "```").first)
            #expect(compiled.contains(Self.lines(code)), "not compiled:\n\(code)")
        }
    }

    /// The text without its lines' indentation, which is another in a test than in an article.
    private static func lines(_ text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }
}
