import ArgumentParser

struct Enroll: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring this device onto the call list.",
        discussion: """
            `request` makes the device's keys and a request file for the officers. The person reads the fingerprint to an \
            officer by voice; the officers sign a call list that has it. `complete` takes that list in.
            """,
        subcommands: [Request.self, Fingerprint.self, Complete.self])
}
