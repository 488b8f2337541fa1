import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// Property 9 [R17]: whatever the officer who compiles a list changes in it, any field, wrap, commitment or key, the words of
/// each who signs after them name it, or signing refuses.
@Suite struct SignerSeesTests {
    private let compiler: MaliciousCompiler
    private let honest: MaliciousCompiler.Words

    init() throws {
        compiler = try MaliciousCompiler(Founding())
        honest = try #require(try compiler.words(compiler.honest))
    }

    /// The control: an honest renewal is signed, and its words say that nothing but the dates of devices changed.
    @Test func anHonestListIsSeenAsItIs() throws {
        #expect(honest.version == 2)
        #expect(honest.changes.newDevices.isEmpty)
        #expect(honest.changes.changes.count == compiler.first.devices.count)
        #expect(honest.changes.changes.allSatisfy { $0.mark == .changed && $0.words.count == 1 })
        #expect(honest.changes.changes.allSatisfy { $0.words.first?.hasPrefix("until ") == true })
    }

    private func unseen(_ mutations: [(String, [UInt8])]) -> [String] {
        mutations.filter { compiler.words($0.1) == honest }.map(\.0)
    }

    @Test func everyFieldOfTheClearPart() throws {
        var random = SplitMix64(seed: 17)
        let mutations = try Mutation.all(of: compiler.clear, random: &random).map {
            ($0.what, try compiler.bundle(clear: $0.value, views: compiler.views))
        }
        #expect(mutations.count > 400)
        #expect(unseen(mutations) == [])
    }

    @Test func everyFieldOfTheSealedViews() throws {
        var random = SplitMix64(seed: 18)
        var count = 0
        for (name, view) in compiler.views {
            let mutations = try Mutation.all(of: view, random: &random).map { mutation in
                (
                    "\(name) \(mutation.what)",
                    try compiler.bundle(
                        clear: compiler.clear, views: compiler.views.merging([name: mutation.value]) { $1 })
                )
            }
            count += mutations.count
            #expect(unseen(mutations) == [])
        }
        #expect(count > 150)
    }

    /// What the views say, sealed and committed to anew.
    @Test func everyFieldOfWhatIsSealed() throws {
        var random = SplitMix64(seed: 19)
        var count = 0
        for (name, plaintext) in compiler.plaintexts {
            let mutations = try Mutation.all(of: plaintext, random: &random).map {
                ("\(name) \($0.what)", try compiler.bundle(name, plaintext: $0.value))
            }
            count += mutations.count
            #expect(unseen(mutations) == [])
        }
        #expect(count > 200)
    }

    /// The control of that: a change that may be made is named, and named as what it is.
    @Test(
        arguments: [
            (
                [.name("members"), .index(0), .name("name")], .string("Eve Ohm"), "“Eve Ohm” (ada)",
                "name “Ada Ohm” → “Eve Ohm”"
            ),
            (
                [.name("members"), .index(1), .name("clearance")], .string("GREEN"), "“Ben Volt” (ben)",
                "up to TLP:RED → TLP:GREEN"
            ),
            (
                [.name("members"), .index(1), .name("roles")], .array([.string("lead")]), "“Ben Volt” (ben)",
                "roles analyst → lead"
            ),
            (
                [.name("members"), .index(2), .name("contacts"), .name("mobile")], .string("+1"), "“Mira Watt” (mira)",
                "contact “mobile” none → “+1”"
            ),
            (
                [.name("policies"), .index(0), .name("steps"), .index(1), .name("after")], .number(10_800),
                "policy “night”",
                "step 2 after 5 min “Mira Watt” (mira), one must acknowledge → after 3 h “Mira Watt” (mira), one must acknowledge"
            ),
            (
                [.name("policies"), .index(0), .name("close")], .number(2), "policy “night”",
                "is over when this many agree none → 2"
            ),
        ] as [(JSONValue.Path, JSONValue, String, String)])
    func aChangeIsNamed(_ path: JSONValue.Path, _ value: JSONValue, _ subject: String, _ words: String) throws {
        var team = try #require(compiler.plaintexts[SealedView.teamName])
        team[path] = value
        let seen = try #require(try compiler.words(compiler.bundle(SealedView.teamName, plaintext: team)))
        let change = try #require(seen.changes.changes.first { $0.words.contains(words) })
        #expect(subject.hasSuffix(change.subject))
        #expect(change.mark == .changed)
    }

    // MARK: What others wrote

    /// What would say something in this program's words, or hide some of them.
    private static let hostile = [
        "none", "nobody", "x; roles responder → executive", "x\n+ “Eve Volt” (eve): name “Eve Volt”", "x\r\n- officer",
        "x” (mira); title “y", "“”", "\u{202e}(ada) mhO adA", "\u{2066}x\u{2069}", "\u{200b}", "\u{1b}[1A\u{1b}[2K",
        " x ", "x  y",
        "\\u{a}", "x\u{2028}y", "x\u{85}y", "x\u{a0}y", "\u{301}x", "\u{e000}", "\u{0}", "x\t",
        "at once “Ada Ohm” (ada)",
        "→", "fingerprint 00000 00000 00000 00000 00000 00000 00000", "\u{feff}", "\u{e0001}",
    ]

    /// The words of the list in which a person's text stands at a place, and every warning.
    private func said(_ text: String, at place: Place) throws -> [String]? {
        let bundle: [UInt8]
        switch place {
        case .relay:
            var clear = compiler.clear
            clear[[.name("relays"), .index(0), .name("id")]] = .string(text)
            bundle = try compiler.bundle(clear: clear, views: compiler.views)
        case .team(let path):
            var team = try #require(compiler.plaintexts[SealedView.teamName])
            team[path] = .string(text)
            bundle = try compiler.bundle(SealedView.teamName, plaintext: team)
        case .contact:
            var team = try #require(compiler.plaintexts[SealedView.teamName])
            team[[.name("members"), .index(0), .name("contacts"), .name(text)]] = .string("+1")
            bundle = try compiler.bundle(SealedView.teamName, plaintext: team)
        case .policy:
            var team = try #require(compiler.plaintexts[SealedView.teamName])
            team[[.name("policies"), .index(0), .name("id")]] = .string(text)
            for index in 0..<2 { team[[.name("sensors"), .index(index), .name("policy")]] = .string(text) }
            // So that warnings name it.
            team[[.name("policies"), .index(0), .name("horizon")]] = .number(60)
            bundle = try compiler.bundle(SealedView.teamName, plaintext: team)
        }
        guard let review = try? compiler.review(bundle) else { return nil }
        return review.changes.changes.map(\.line) + review.changes.changes.map(\.maskedLine) + review.warnings
    }

    enum Place: Sendable {
        case relay
        case team(JSONValue.Path)
        case contact
        case policy
    }

    /// Whatever somebody is called: what stands outside quotation marks is what an honest name would have there, no line ends early,
    /// and no character works on the terminal.
    @Test(
        arguments: [
            .relay, .contact, .policy, .team([.name("members"), .index(0), .name("name")]),
            .team([.name("members"), .index(0), .name("title")]),
            .team([.name("members"), .index(0), .name("contacts"), .name("mobile")]),
            .team([.name("sensors"), .index(0), .name("name")]),
        ] as [Place])
    func nothingInADocumentImitatesTheWords(_ place: Place) throws {
        let honest = try #require(try said("Eve", at: place)).map(Self.outside).sorted()
        var seen: Set<[String]> = []
        for text in Self.hostile {
            let lines = try #require(try said(text, at: place), "\(text.debugDescription)")
            #expect(lines.map(Self.outside).sorted() == honest, "\(text.debugDescription): \(lines)")
            #expect(seen.insert(lines).inserted, "\(text.debugDescription) is shown as another text is")
            for scalar in lines.joined().unicodeScalars {
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                    Issue.record("\(text.debugDescription) is shown as it is")
                default: continue
                }
            }
        }
    }

    /// Ids, roles and labels come from a fixed alphabet: anything else is no list.
    @Test func whatIsNoIDIsRefused() throws {
        for path in [
            [.name("members"), .index(0), .name("id")], [.name("members"), .index(0), .name("clearance")],
            [.name("sensors"), .index(0), .name("id")],
        ] as [JSONValue.Path] {
            for text in Self.hostile where MemberID(text) == nil { #expect(try said(text, at: .team(path)) == nil) }
        }
    }

    /// A line without what stands between quotation marks.
    private static func outside(_ line: String) -> String { line.replacing(#/“[^”]*”/#, with: "“”") }

    /// Nobody is given another view than the signers saw.
    @Test func everyWrapIsComputedAgain() throws {
        for (name, view) in compiler.views {
            guard case .array(let wraps) = view[[.name("wraps")]] else { continue }
            #expect(wraps.count >= 4)
            for index in wraps.indices {
                #expect(try compiler.words(compiler.bundle(name, otherKeyFor: index)) == nil)
            }
        }
    }

    /// Own keys behind an id that exists are refused; under an id of their own they are a new device, which must be confirmed.
    @Test func everyKeyIsNamed() throws {
        let mallory = try DeviceKeys.generate(kind: .person)
        for index in compiler.first.devices.indices {
            var clear = compiler.clear
            let place: JSONValue.Path = [.name("devices"), .index(index)]
            clear[place + [.name("mlsKey")]] = .string(Data(mallory.mls.publicKey.bytes).base64EncodedString())
            clear[place + [.name("sessionKey")]] = .string(Data(mallory.session.publicKey.bytes).base64EncodedString())
            clear[place + [.name("sealing")]] = try MaliciousCompiler.json(
                Documents.encode(mallory.sealing(created: Founding.now).document))
            let error = refusal { _ = try compiler.review(compiler.bundle(clear: clear, views: compiler.views)) }
            #expect(error?.reason.contains("not the hash of its keys") == true)
        }
    }
}
