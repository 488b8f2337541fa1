import Sodium
import Testing
import WireFormat

@testable import MLS

@Suite struct KeyPackageTests {
    @Test func survivesItsEncoding() throws {
        let bundle = try Party("ada").bundle(lastResort: true)
        let read = try KeyPackage(decoding: bundle.keyPackage.encoded)
        #expect(read == bundle.keyPackage)
        #expect(read.isLastResort)
        #expect(read.lifetime == Party.lifetime)
        #expect(read.leafNode.identity == Array("ada".utf8))
        #expect(read.reference.count == 32)
        #expect(try !Party("ada").bundle().keyPackage.isLastResort)
    }

    /// §10: what the key package has, its leaf lists; §7.2: but nothing of RFC 9420 itself.
    @Test func capabilitiesListWhatIsUsed() throws {
        func listed(_ capabilities: Capabilities, lastResort: Bool) throws -> [ExtensionType] {
            try Party("ada").bundle(capabilities: capabilities, lastResort: lastResort).keyPackage.leafNode
                .capabilities.extensions
        }
        let basic = (UInt16(1)...5).map { ExtensionType($0) }
        let all = Capabilities(extensions: basic + [Party.policy, .lastResort])
        #expect(try listed(Party.capabilities, lastResort: false) == [Party.policy])
        #expect(try listed(Party.capabilities, lastResort: true) == [Party.policy, .lastResort])
        #expect(try listed(all, lastResort: true) == [Party.policy, .lastResort])
        // Others' are taken as they come, and need not list those.
        #expect(try Capabilities.forged(extensions: basic).extensions == basic)
        var forgery = KeyPackageForgery(try Party("ben"))
        forgery.extensions = [Extension(.applicationID, data: [1])]
        #expect(throws: Never.self) { try KeyPackage(decoding: forgery.message) }
    }

    @Test func aStoredBundleStillJoins() throws {
        let (ada, ben) = (try Party("ada"), try Party("ben"))
        let bundle = try KeyPackageBundle(serialized: ben.bundle().serialized())
        var plan = CommitPlan()
        plan.adds = [bundle.keyPackage]
        let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        #expect(try ben.join(try #require(pending.welcomes.first), with: bundle).isActive)
    }

    @Test func refusesADamagedBundle() throws {
        let stored = try Party("ada").bundle().serialized().exposedCopy()
        for length in stored.indices {
            #expect(throws: MLSError.self) { try KeyPackageBundle(serialized: SecretBytes(stored.prefix(length))) }
        }
        #expect(throws: MLSError.self) { try KeyPackageBundle(serialized: SecretBytes(stored + [0])) }
        for bit in 0..<stored.count * 8 {
            var altered = stored
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(refusal { _ = try KeyPackageBundle(serialized: SecretBytes(altered)) } == .damagedState)
        }
    }

    @Test func refusesABundleOfAnotherFormatOrWithOtherKeys() throws {
        let (own, other) = (try Party("ada").bundle(), try Party("ada").bundle())
        func read(_ initKey: SecretBytes, _ leafKey: SecretBytes, version: UInt8 = 2) -> MLSError.Code? {
            refusal {
                var writer = Writer()
                writer.uint8(version)
                writer.opaque(own.keyPackage.encoded)
                writer.secret(initKey)
                writer.secret(leafKey)
                _ = try KeyPackageBundle(serialized: SecretBytes(writer.bytes + BLAKE2b.hash(writer.bytes)))
            }
        }
        #expect(read(own.initPrivateKey, own.encryptionPrivateKey) == nil)
        #expect(read(own.initPrivateKey, own.encryptionPrivateKey, version: 1) == .damagedState)
        #expect(read(other.initPrivateKey, own.encryptionPrivateKey) == .damagedState)
        #expect(read(own.initPrivateKey, other.encryptionPrivateKey) == .damagedState)
        #expect(read(own.encryptionPrivateKey, own.initPrivateKey) == .damagedState)
        #expect(read(SecretBytes([]), own.encryptionPrivateKey) == .damagedState)
    }

    @Test func refusesEveryAlteration() throws {
        let bytes = try Party("ada").bundle().keyPackage.encoded
        for index in bytes.indices {
            #expect(throws: MLSError.self, "cut at \(index)") { try KeyPackage(decoding: Array(bytes[..<index])) }
            for bit in [UInt8(1), 0x80] {
                var flipped = bytes
                flipped[index] ^= bit
                #expect(throws: MLSError.self, "byte \(index)") { try KeyPackage(decoding: flipped) }
            }
        }
        #expect(refusal { _ = try KeyPackage(decoding: bytes + [0]) } == .malformed)
    }

    @Test func toleratesGREASE() throws {
        // Values of §13.5 mean nothing and must not disturb.
        var forgery = KeyPackageForgery(try Party("ben"))
        forgery.capabilities = try .forged(
            versions: [1, 0x0a0a], suites: [0x1a1a, 3],
            extensions: [Party.policy, ExtensionType(0x2a2a), ExtensionType(0x5a5a)],
            proposals: [0x3a3a], credentials: [0x4a4a, 1])
        forgery.extensions = [Extension(ExtensionType(0x5a5a), data: [1, 2])]
        forgery.leafExtensions = [Extension(ExtensionType(0x2a2a), data: [3])]
        let ada = try Party("ada")
        var plan = CommitPlan()
        plan.adds = [try KeyPackage(decoding: forgery.message)]
        let pending = try ada.create().commit(plan, signer: ada.signer, judge: AnyoneMay())
        #expect(pending.next.members.count == 2)
    }

    struct Forgery: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: Rule
        let edit: @Sendable (inout KeyPackageForgery) throws -> Void
        var testDescription: String { name }

        init(
            _ name: String, _ rule: Rule, _ edit: @escaping @Sendable (inout KeyPackageForgery) throws -> Void
        ) {
            self.name = name
            self.rule = rule
            self.edit = edit
        }
    }

    static let forgeries = [
        Forgery("another version", .v51) { $0.version = 2 },
        Forgery("another suite", .v50) { $0.suite = 1 },
        Forgery("one key twice", .v53) { $0.leafKey = $0.initKey },
        Forgery("a leaf for an Update", .v38) { $0.source = .update },
        Forgery("a leaf for a commit", .v38) { $0.source = .commit(parentHash: []) },
        Forgery("ends before it begins", .v35) {
            $0.source = .keyPackage(Lifetime(notBefore: 2, notAfter: 1))
        },
        Forgery("without the version", .v31) { $0.capabilities = try .forged(versions: []) },
        Forgery("without the suite", .v31) { $0.capabilities = try .forged(suites: [1]) },
        Forgery("without its credential", .v33) { $0.capabilities = try .forged(credentials: [2]) },
        Forgery("a leaf extension not listed", .v36) {
            $0.leafExtensions = [Extension(ExtensionType(0xf222), data: [])]
        },
        Forgery("a leaf extension twice", .v37) {
            $0.leafExtensions = [Extension(Party.policy, data: []), Extension(Party.policy, data: [1])]
        },
        Forgery("an extension twice", .v37) {
            $0.extensions = [Extension(.lastResort, data: []), Extension(.lastResort, data: [])]
        },
        Forgery("an extension not listed", .v55) { $0.extensions = [Extension(.lastResort, data: [])] },
        Forgery("signed by another", .v52) { $0.signer = try Party("eve").signer },
        Forgery("an encryption key of another size", .v45) { $0.leafKey.removeLast() },
        Forgery("an init key of another size", .v54) { $0.initKey.append(0) },
        Forgery("an encryption key of small order", .v45) { $0.leafKey = [UInt8](repeating: 0, count: 32) },
        Forgery("an init key of small order", .v54) { $0.initKey = [1] + [UInt8](repeating: 0, count: 31) },
        Forgery("a leaf signed for nothing", .v30) { $0.leafSignature = [UInt8](repeating: 1, count: 64) },
    ]

    @Test(arguments: forgeries)
    func refuses(_ forgery: Forgery) throws {
        var package = KeyPackageForgery(try Party("ben"))
        #expect(throws: Never.self) { try KeyPackage(decoding: package.message) }
        try forgery.edit(&package)
        #expect(broken { _ = try KeyPackage(decoding: package.message) } == forgery.rule)
        // And so in a commit that adds it (§12.1.1).
        var assembly = try Assembly(["ada", "cyd"])
        let commit = try Insider(assembly["ada"]).commit([package.proposal()])
        let before = stored(assembly["cyd"].group)
        #expect(broken { _ = try assembly["cyd"].group.process(commit, judge: AnyoneMay()) } == forgery.rule)
        #expect(stored(assembly["cyd"].group) == before)
    }

    /// Lists that are compared with each other cost what they are long, not the product: this would take minutes.
    @Test(.timeLimit(.minutes(1)))
    func longListsAreComparedAtOnce() throws {
        var package = KeyPackageForgery(try Party("ben"))
        let types = (0x1000..<0xe000).map { ExtensionType(UInt16($0)) }
        let filler = [ExtensionType](repeating: ExtensionType(0xf1ff), count: 500_000)
        package.capabilities = try .forged(extensions: filler + types)
        package.leafExtensions = types.map { Extension($0, data: []) }
        #expect(throws: Never.self) { try KeyPackage(decoding: package.message) }
        package.leafExtensions.append(Extension(ExtensionType(0xf2ff), data: []))
        #expect(broken { _ = try KeyPackage(decoding: package.message) } == .v36)
    }

    /// §10 asks the maker to list them, and §13.4 the receiver to ignore those that it does not know.
    @Test func unknownExtensionsAreListedAndNotAskedFor() throws {
        let grease = Extension(ExtensionType(0x3a3a), data: [1])
        let ben = try Party("ben")
        var package = KeyPackageForgery(ben)
        package.extensions = [grease]
        #expect(throws: Never.self) { try KeyPackage(decoding: package.message) }
        func generate(_ listed: [ExtensionType]) -> Rule? {
            broken {
                _ = try KeyPackageBundle.generate(
                    credential: .basic(identity: [1]), signer: ben.signer, lifetime: Party.lifetime,
                    capabilities: Capabilities(extensions: listed), leafExtensions: [], extensions: [grease])
            }
        }
        #expect(generate([]) == .v55)
        #expect(generate([grease.type]) == nil)
    }

    @Test func otherMessagesAreNoKeyPackages() throws {
        let assembly = try Assembly(["ada", "ben"])
        let commit = try assembly["ada"].group.commit(
            CommitPlan(), signer: assembly["ada"].party.signer, judge: AnyoneMay())
        #expect(refusal { _ = try KeyPackage(decoding: commit.message) } == .wrongContentType)
        #expect(refusal { _ = try KeyPackage(decoding: []) } == .malformed)
    }
}
