import ArgumentParser
import CallList
import Terms

/// What an officer gives, or is asked for, before something is signed: each new fingerprint as it was heard, and a last word [R17].
struct SigningOptions: ParsableArguments {
    @Option(help: "A new fingerprint, as it was heard by voice; once for each.")
    var confirm: [String] = []

    @Flag(help: "Sign without a last question.")
    var yes = false

    /// Somebody whose fingerprint must have been heard.
    struct Subject {
        /// Whose fingerprint it is.
        let owner: String
        /// Who reads it.
        let reader: String
        let fingerprint: String
    }

    /// The fingerprints that were heard: given, or typed by whoever sits at the terminal.
    /// - Parameter each: what has one each.
    /// - Throws: `notPermitted`.
    func heard(_ subjects: [Subject], each: String) throws -> [String] {
        guard confirm.isEmpty, !subjects.isEmpty else { return confirm }
        return try Prompt.open(orElse: "--confirm FINGERPRINT for each new \(each), as it was heard by voice") {
            prompt in
            try subjects.map { subject in
                let heard = prompt.answer("fingerprint of \(subject.owner), as you heard it by voice")
                guard Fingerprint.matches(heard, subject.fingerprint) else {
                    throw CommandError(
                        .notPermitted, "that is not the fingerprint of \(subject.owner)",
                        hint: "do not sign: ask \(subject.reader) to read it again, or leave the \(each) out")
                }
                return heard
            }
        }
    }

    /// - Throws: `notPermitted` where the answer is no, or nobody is there to give one.
    func ask(_ question: String) throws {
        let hint = "answer y, or give --yes where nobody is asked"
        guard try yes || Prompt.open(orElse: hint, { $0.confirms(question) }) else {
            throw CommandError(.notPermitted, "not signed", hint: hint)
        }
    }
}
