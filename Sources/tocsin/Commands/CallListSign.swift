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
            gives it. A list that was issued more than a day from now, by this clock, is refused. With --public-out the \
            officer's sealing key is renewed as well, once the list in force names the newest: best at each signing.
            """)

    @Argument(help: "The call list's file; the signature is added to it.")
    var file: String

    @Option(help: "The officer's key file.")
    var officer: String

    @OptionGroup var root: RootOptions

    @Option(help: "The signed version that this one follows; left out for the first.")
    var previous: String?

    @Option(help: "The keys of --previous, passed on by an officer who has them: for a new officer.")
    var passedKeys: String?

    @Option(help: "The list's own issue time, where it is right and this clock is not.")
    var issued: Timepoint?

    @Option(help: "Renew the officer's sealing key, and write the newest public document, for the next list, here.")
    var publicOut: String?

    @OptionGroup var signing: SigningOptions
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
        let reader = try passedKeys.map { try PassedViewKeys.take(Files.read($0), by: key.reader) } ?? key.reader
        let review = try CallListReview(
            unsigned, root: root, previous: before, reader: reader, now: Date(), accepting: issued?.date)
        // For whoever signs to look at, whatever becomes of it.
        let words = CallListChangesView(review.changes, of: review.list, hidesFingerprints: true)
        Terminal.tell(words.lines(in: Style()).joined(separator: "\n"))
        for warning in review.warnings { Terminal.note("warning: \(warning)") }
        if let earlier = try OfficerKey.signedVersion(of: keyFile), earlier.version >= review.list.version,
            earlier.digest != review.list.digest
        {
            Terminal.complain(
                "warning: you have signed call list \(earlier.version) already, and another than this one",
                hint: "a list that follows it has --previous, when it is compiled and when it is signed")
        }
        let isStale = key.listed(in: review.list) == .older
        if isStale {
            Terminal.complain(
                "warning: this list is sealed to an older key of yours: its source names an old document",
                hint: "the newest, for the next list, is printed by: tocsin officer public \(officer)")
        }
        let heard = try signing.heard(
            review.changes.newDevices.map { device in
                SigningOptions.Subject(
                    owner: "\(device.owner)'s device \(device.device.short)", reader: device.owner,
                    fingerprint: device.fingerprint)
            }, each: "device")
        try signing.ask("Sign this call list?")
        let signed = try review.signed(by: key.privateKey, confirmed: heard)
        try OfficerKey.note(signed: review.list, in: keyFile)
        try Files.replace(signed, at: file)
        let isRenewed = try publicOut.map { path in
            let isDue = before.map { key.listed(in: $0) } == .newest
            if isDue, let before {
                try OfficerKey.renew(keyFile, passphrase: secret, inForce: before, beside: review.list)
            } else {
                Terminal.note(
                    "your sealing key was not renewed, for the list in force does not name your newest yet: "
                        + "\(path) is the document of that one")
            }
            try Files.write(OfficerKey.publicDocument(of: keyFile), to: path)
            return isDue
        }
        let count = try UnverifiedCallList(decoding: signed).signatureCount(root: root)
        let view = SignedCallListView(
            version: review.list.version, digest: review.list.digest, signatures: count,
            threshold: review.list.root.threshold, documentIsStale: isStale, sealingKeyRenewed: isRenewed)
        try output.show(view)
    }
}
