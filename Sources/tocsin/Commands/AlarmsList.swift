import ArgumentParser
import Client

extension AlarmsCommand {
    struct List: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "List alarms, oldest first. The relay is not asked.",
            discussion: """
                With --json, {"schema":"tocsin.alarms/1","alarms":[…]}, an object for each alarm:
                  number     what show and close take; never given to another
                  cause      why, one word of those in README
                  what       the same as a sentence
                  detail     what exactly was found the first time
                  room       the room's id, where it is about a room
                  device     whose doing it is as far as is known, or who saw another history: the device's id
                  relay      or the relay's, by its id on the call list
                  by         the name of either
                  first_ms   when it was found first, and last, by this device's clock:
                  last_ms    milliseconds since 1970
                  count      how often
                  closed     whether somebody closed it; then also:
                  reason     why
                  closed_by  at whose device
                  closed_ms  when
                """)

        @Flag(help: "Closed ones too.")
        var all = false

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                let alarms = try client.alarms(closed: all)
                try output.show(AlarmListView(alarms, client))
                if alarms.isEmpty, !output.json { Terminal.note("no alarm is \(all ? "kept" : "open") here") }
            }
        }
    }
}
