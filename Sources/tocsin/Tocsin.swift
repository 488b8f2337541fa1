import ArgumentParser
import Platform

@main
struct Tocsin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tocsin",
        abstract: "The alarm bell that does not hang in the building that is on fire.",
        discussion: """
            Pages, incident rooms and files for incident response teams, end-to-end encrypted, without the corporate \
            network, directory, mail or phones.

            Exit codes:
              0   done
              64  wrong usage
              65  input refused
              66  no such file or room
              69  relay out of reach, or refuses for now
              70  a bug here
              73  a file exists already
              74  read or write error
              75  queued, not sent yet: it is kept, and will be sent
              76  the relay is not the pinned one, or misbehaves
              77  not permitted, wrong passphrase, or revoked
              78  no profile, or not enrolled yet
            """,
        subcommands: [
            Status.self, Inbox.self, Watch.self, Read.self, Ack.self, Unack.self, Escalate.self, Resolve.self,
            Reopen.self, Page.self, Alert.self, Open.self, Send.self, Save.self, RoomCommand.self,
            AlarmsCommand.self, Enroll.self, DeviceCommand.self, CallListCommand.self, RootCommand.self,
            OfficerCommand.self, KeysCommand.self,
        ])

    static func main() async {
        ProcessSecrecy.begin()
        await main(nil)
    }
}
