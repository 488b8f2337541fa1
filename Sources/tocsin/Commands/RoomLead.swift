import ArgumentParser

extension RoomCommand {
    struct Lead: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the lead of an incident room where no lead is left.",
            discussion: """
                No lead is left where none of those who lead is on the call list any more, or where none has written for 12 hours \
                and two persons say so whose roles allow them to lead. Whoever takes the lead displaces nobody, and all see it.
                """,
            subcommands: [Take.self, Missing.self])
    }
}

/// The incident room whose lead is asked for.
struct LeadOptions: ParsableArguments {
    @Argument(help: "The room: its id, or the id's first digits.")
    var room: RoomArgument

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions
}
