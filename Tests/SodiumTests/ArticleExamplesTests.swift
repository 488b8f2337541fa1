import Foundation
import Sodium
import Testing

/// The article's examples, compiled and run; the last test holds the article to what stands here.
@Suite struct ArticleExamplesTests {
    @Test func secrets() throws {
        let key = try SecretBytes.random(count: XChaCha20Poly1305.keyLength, memory: .guarded)
        let sealed = try XChaCha20Poly1305.seal(Array("plans".utf8), key: key, authenticating: Array("v1".utf8))
        let opened = try XChaCha20Poly1305.open(sealed, key: key, authenticating: Array("v1".utf8))
        #expect(opened == Array("plans".utf8))
    }

    @Test func signaturesAndMessages() throws {
        let signer = Ed25519.PrivateKey()
        let message = Array("example v1: hello".utf8)
        let signature = signer.signature(for: message)
        let isGenuine = signer.publicKey.isValidSignature(signature, for: message)
        #expect(isGenuine)

        let recipient = X25519.PrivateKey()
        let letter = try HPKE.seal(message, to: recipient.publicKey, info: Array("letters".utf8))
        let read = try HPKE.open(letter, with: recipient, info: Array("letters".utf8))
        #expect(read == message)

        var (encapsulatedKey, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: [])
        var receiver = try HPKE.setUpRecipient(encapsulatedKey: encapsulatedKey, recipient: recipient, info: [])
        let first = try receiver.open(sender.seal(message))
        let shared = try sender.export(Array("session".utf8), count: 32)
        #expect(first == message)
        #expect(try receiver.export(Array("session".utf8), count: 32).constantTimeEquals(shared))
    }

    @Test func streams() throws {
        let key = SecretBytes.random(count: SecretStream.keyLength)
        var sealer = try SecretStream.Sealer(key: key)
        let parts = [try sealer.seal([1, 2, 3]), try sealer.seal([4], tag: .final)]
        var opener = try SecretStream.Opener(key: key, header: sealer.header)
        var received: [UInt8] = []
        for part in parts { received += try opener.open(part).message }
        let isWhole = opener.isFinished
        #expect(isWhole)
        #expect(received == [1, 2, 3, 4])
    }

    @Test func passphrases() throws {
        let salt = randomBytes(count: Argon2id.saltLength)
        let passphrase = SecretBytes(Array("correct horse battery staple".utf8))
        let unlocking = try Argon2id.deriveKey(passphrase: passphrase, salt: salt, parameters: .standard)
        #expect(unlocking.count == 32)
    }

    @Test func theArticleShowsWhatIsCompiledHere() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let article = root.appendingPathComponent("Sources/Sodium/Sodium.docc/Sodium.md")
        let compiled = try Self.lines(String(contentsOf: here, encoding: .utf8))
        let examples = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
        #expect(examples.count == 6)
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
