import Foundation
import MLS
import Sodium
import Testing

/// The judge of the examples: it knows who may be in.
struct Register: Judge {
    struct Stranger: Error {}

    let trusted: Set<[UInt8]>

    func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) throws {
        guard trusted.contains(leaf.signatureKey) else { throw Stranger() }
    }

    func judge(commit: CommitFacts) throws {
        let incoming =
            commit.added.map(\.leaf) + commit.updated.map(\.leaf) + [commit.committerUpdate].compactMap { $0 }
        guard incoming.allSatisfy({ trusted.contains($0.signatureKey) }) else { throw Stranger() }
    }
}

/// The article's and the README's examples, compiled and run; the last test holds them to what stands here. It imports the module as
/// others do, so it sees the public face only.
@Suite struct ArticleExamplesTests {
    @Test func examples() throws {
        let (adaKey, benKey) = (Ed25519.PrivateKey(), Ed25519.PrivateKey())
        let register = Register(trusted: [adaKey.publicKey.bytes, benKey.publicKey.bytes])
        let lifetime = Lifetime(notBefore: 1_700_000_000, notAfter: 1_900_000_000)

        // Ben, beforehand: the key package is published, the bundle kept.
        let bundle = try KeyPackageBundle.generate(
            identity: Array("ben".utf8), signer: benKey, lifetime: lifetime, capabilities: Capabilities())
        let published = bundle.keyPackage.encoded

        // Ada makes a group and adds him.
        let start = try Group.create(
            id: randomBytes(count: 32), identity: Array("ada".utf8), signer: adaKey, capabilities: Capabilities(),
            lifetime: lifetime, extensions: [], judge: register)
        var plan = CommitPlan()
        plan.adds = [try KeyPackage(decoding: published)]
        let pending = try start.commit(plan, signer: adaKey, judge: register)

        // Ada stores `pending.serialized()`, sends `pending.message` to the group, and once it is the epoch's first commit:
        var ada = pending.next
        var ben = try Group.join(
            welcome: pending.welcomes[0], bundle: { $0 == bundle.reference ? bundle : nil }, judge: register)

        let message = try ada.protect(Array("hello".utf8), authenticatedData: [1], signer: adaKey)
        // Ada stores `ada.serialized()`, then sends.
        if case .application(let received) = try ben.process(message, judge: register) {
            #expect(received.plaintext == Array("hello".utf8))
            #expect(received.senderLeaf.identity == Array("ada".utf8))
        }

        let proposal = try ben.propose(.update(LeafChange()), signer: benKey)
        _ = try ada.process(proposal, judge: register)
        var renewal = CommitPlan()
        renewal.references = ada.pendingProposals.map(\.reference)
        let renewed = try ada.commit(renewal, signer: adaKey, judge: register)
        if case .commit(let facts, let removedSelf) = try ben.process(renewed.message, judge: register) {
            #expect(!removedSelf && facts.updated.count == 1)
        }
        ada = renewed.next

        let stored = ada.serialized()
        let restored = try Group(serialized: stored)
        #expect(restored.epoch == ada.epoch)
        #expect(try restored.epochAuthenticator().constantTimeEquals(ben.epochAuthenticator()))

        let eveKey = Ed25519.PrivateKey()
        let info = try ada.groupInfo(signer: adaKey)
        let intrusion = try Group.joinByCommit(
            groupInfo: info,
            client: Group.Joiner(
                credential: .basic(identity: Array("eve".utf8)), signer: eveKey, capabilities: Capabilities()),
            judge: Gullible())
        let before = ben.epoch
        #expect(throws: Register.Stranger.self) { try ben.process(intrusion.message, judge: register) }
        #expect(ben.epoch == before)
    }

    @Test func readmeExample() throws {
        let (adaKey, benKey) = (Ed25519.PrivateKey(), Ed25519.PrivateKey())
        let register = Register(trusted: [adaKey.publicKey.bytes, benKey.publicKey.bytes])
        let lifetime = Lifetime(notBefore: 1_700_000_000, notAfter: 1_900_000_000)

        // Ben publishes `bundle.keyPackage.encoded`, and Ada reads it.
        let bundle = try KeyPackageBundle.generate(
            identity: Array("ben".utf8), signer: benKey, lifetime: lifetime, capabilities: Capabilities())
        let start = try Group.create(
            id: randomBytes(count: 32), identity: Array("ada".utf8), signer: adaKey, capabilities: Capabilities(),
            lifetime: lifetime, extensions: [], judge: register)
        var plan = CommitPlan()
        plan.adds = [try KeyPackage(decoding: bundle.keyPackage.encoded)]
        let pending = try start.commit(plan, signer: adaKey, judge: register)

        // Stored first, then sent; `next` once it is the epoch's first commit.
        var ada = pending.next
        var ben = try Group.join(
            welcome: pending.welcomes[0], bundle: { $0 == bundle.reference ? bundle : nil }, judge: register)

        let message = try ada.protect(Array("hello".utf8), signer: adaKey)
        guard case .application(let received) = try ben.process(message, judge: register) else { return }
        let text = String(decoding: received.plaintext, as: UTF8.self)  // hello
        #expect(text == "hello")
    }

    private struct Gullible: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func judge(externalCommit: CommitFacts) {}
    }

    @Test(arguments: [("Sources/MLS/MLS.docc/MLS.md", 6), ("README.md", 2)])
    func textsShowWhatIsCompiledHere(_ text: String, _ count: Int) throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let article = root.appendingPathComponent(text)
        let compiled = try Self.lines(String(contentsOf: here, encoding: .utf8))
        let examples = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
        #expect(examples.count == count)
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
