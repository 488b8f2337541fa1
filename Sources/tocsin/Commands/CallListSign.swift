import ArgumentParser
import CallList
import Foundation
import Office
import Terms

struct CallListSign: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Look at all that a compiled call list changes, and add an officer's signature.",
        discussion: """
            Everything in the list is opened and computed again with the officer's key; what cannot be is not signed. Each new \
            device's fingerprint is typed as it was heard from the person, by voice; where nobody is at a terminal, --confirm \
            gives it. With --public-out the officer's sealing key is renewed as well: best at each signing.
            """)

    @Argument(help: "The call list's file; the signature is added to it.")
    var file: String

    @Option(help: "The officer's key file.")
    var officer: String

    @OptionGroup var root: RootOptions

    @Option(help: "The signed version that this one follows; left out for the first.")
    var previous: String?

    @Option(help: "The keys of --previous, from an officer who has them: for a new officer.")
    var handover: String?

    @Option(help: "A new device's fingerprint, as it was heard; once for each.")
    var confirm: [String] = []

    @Option(help: "Renew the officer's sealing key, and write the new public document, for the next list, here.")
    var publicOut: String?

    @Flag(help: "Sign without a last question.")
    var yes = false

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let root = try root.load()
        let unsigned = try UnverifiedCallList(decoding: Files.read(file))
        let before = try previous.map { try UnverifiedCallList(decoding: Files.read($0)).verify(root: root) }
        try publicOut.map { try Files.checkIsNew($0) }
        try Files.checkIsThere(officer)
        let keyFile = URL(fileURLWithPath: officer)
        let secret = try passphrase.read("passphrase of the officer's key \(officer)")
        let key = try OfficerKey.open(keyFile, passphrase: secret)
        let reader = try handover.map { try ViewHandover.take(Files.read($0), by: key.reader) } ?? key.reader
        let review = try CallListReview(unsigned, root: root, previous: before, reader: reader)
        // For whoever signs to look at, whatever becomes of it.
        let words = CallListChangesView(review.changes, of: review.list, hidesFingerprints: true)
        Terminal.tell(words.lines(in: Style()).joined(separator: "\n"))
        for warning in review.warnings { Terminal.note("warning: \(warning)") }
        let heard = try confirm.isEmpty ? ask(review.changes.newDevices) : confirm
        let hint = "answer y, or give --yes where nobody is asked"
        guard try yes || Prompt.open(orElse: hint, { $0.confirms("Sign this call list?") }) else {
            throw CommandError(.notPermitted, "not signed", hint: hint)
        }
        let signed = try review.signed(by: key.privateKey, confirmed: heard)
        try Files.replace(signed, at: file)
        if let publicOut {
            _ = try OfficerKey.renew(keyFile, passphrase: secret)
            try Files.write(OfficerKey.publicDocument(of: keyFile), to: publicOut)
        }
        let count = try UnverifiedCallList(decoding: signed).signatureCount(root: root)
        let view = SignedCallListView(
            version: review.list.version, digest: review.list.digest, signatures: count,
            threshold: review.list.root.threshold)
        try output.show(view)
    }

    private func ask(_ devices: [CallListChanges.NewDevice]) throws -> [String] {
        guard !devices.isEmpty else { return [] }
        return try Prompt.open(orElse: "--confirm FINGERPRINT for each new device, as it was heard by voice") {
            prompt in
            try devices.map { device in
                let heard = prompt.answer(
                    "fingerprint of \(device.owner)'s device \(device.device.short), as you heard it by voice")
                guard Fingerprint.matches(heard, device.fingerprint) else {
                    throw CommandError(
                        .notPermitted, "that is not the fingerprint of \(device.owner)'s device on this list",
                        hint: "do not sign: ask \(device.owner) to read it again, or leave the device out")
                }
                return heard
            }
        }
    }
}
