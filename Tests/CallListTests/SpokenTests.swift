import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// Digests and fingerprints as they are read, heard and typed.
@Suite struct SpokenTests {
    private let digest = Hexadecimal.encode(SHA256.hash([1]))

    @Test func aDigestIsTakenHoweverItIsGrouped() {
        for text in [
            digest, digest.uppercased(), "  \(digest)\r\n", Spoken.grouped(digest), Spoken.grouped(digest, by: 8),
            Spoken.grouped(digest).replacing(" ", with: "-"), Spoken.grouped(digest).replacing(" ", with: ":"),
            Spoken.grouped(digest).replacing(" ", with: "\u{a0}"),
        ] { #expect(Spoken.digest(text) == digest) }
        for text in ["", " ", "0", "0g", digest + "0", "0x" + digest, "é" + digest] {
            #expect(Spoken.digest(text) == nil)
        }
    }

    @Test func aFingerprintIsTakenHoweverItIsGrouped() {
        let text = Fingerprint.make(of: [1])
        for written in [
            text, text.replacing(" ", with: ""), text.replacing(" ", with: "-"), "\(text)\n",
            Spoken.grouped(text.replacing(" ", with: ""), by: 7),
        ] { #expect(Spoken.fingerprint(written) == text) }
        // Digits of other scripts are numbers, and no fingerprint's.
        for written in ["", String(text.dropLast()), text + "1", text.replacing("0", with: "٠") + "x"] {
            #expect(Spoken.fingerprint(written) == nil)
        }
    }

    @Test func digitsAreGrouped() {
        #expect(Spoken.grouped("abcdefghij") == "abcd efgh ij")
        #expect(Spoken.grouped("") == "")
        #expect(Spoken.grouped("abcd") == "abcd")
    }

    /// [R17] What others wrote stands between quotation marks that it cannot hold itself, in one line of visible characters.
    @Test(
        arguments: [
            ("Ada Ohm", "“Ada Ohm”"), ("", "“”"), (" Ada  Ohm ", "“ Ada \\u{20}Ohm ”"),
            ("a\nb", "“a\\u{a}b”"), ("a\r\nb\t", "“a\\u{d}\\u{a}b\\u{9}”"), ("\u{1b}[2J", "“\\u{1b}[2J”"),
            ("a” (eve); “b", "“a\\u{201d} (eve); \\u{201c}b”"), ("\\u{a}", "“\\u{5c}u{a}”"),
            ("\u{202e}lana", "“\\u{202e}lana”"), ("\u{2066}x\u{2069}", "“\\u{2066}x\\u{2069}”"),
            ("a\u{2028}b\u{2029}c\u{85}", "“a\\u{2028}b\\u{2029}c\\u{85}”"), ("a\u{a0}b", "“a\\u{a0}b”"),
            ("\u{301}a", "“\\u{301}a”"), ("Zoe\u{308}", "“Zoe\u{308}”"), ("陳小明", "“陳小明”"), ("\"x\"", "“\"x\"”"),
        ])
    func whatOthersWroteIsQuoted(_ text: String, _ quoted: String) { #expect(Spoken.quoted(text) == quoted) }

    @Test func noTwoTextsAreShownAlike() {
        var random = SplitMix64(seed: 5)
        let pieces = ["a", " ", "“", "”", "\\", "\n", "u{a}", "\\u{a}", "\u{202e}", "\u{301}", "\u{a0}"]
        var seen: [String: [UInt8]] = [:]
        for _ in 0..<20_000 {
            let text = (0..<(1 + random.next() % 5)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let quoted = Spoken.quoted(text)
            #expect(seen.updateValue(Array(text.utf8), forKey: quoted) ?? Array(text.utf8) == Array(text.utf8))
        }
    }

    @Test func twoGroupsAreMasked() {
        #expect(
            Fingerprint.masked("11111 22222 33333 44444 55555 66666 77777")
                == "11111 22222 ····· 44444 55555 ····· 77777")
        #expect(
            Fingerprint.masked("1111 2222 3333 4444 5555 6666 7777 8888") == "1111 2222 ···· 4444 5555 ···· 7777 8888")
    }

    @Test func anOfficersFingerprintIsComparedHoweverItIsWritten() throws {
        let text = Officer.fingerprint(of: try Officers.key(1).publicKey)
        #expect(text.split(separator: " ").count == 8)
        for written in [text.uppercased(), text.replacing(" ", with: ""), text.replacing(" ", with: "-")] {
            #expect(Fingerprint.matches(written, text))
        }
        for written in ["", String(text.dropLast()), Officer.fingerprint(of: try Officers.key(2).publicKey)] {
            #expect(!Fingerprint.matches(written, text))
        }
    }
}
