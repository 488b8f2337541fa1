import Sodium
import Terms
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

    @Test func twoGroupsAreMasked() {
        #expect(
            Fingerprint.masked("11111 22222 33333 44444 55555 66666 77777")
                == "11111 22222 ····· 44444 55555 ····· 77777")
    }
}
