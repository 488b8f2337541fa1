import ArgumentParser
import CallList
import Foundation

struct CallListCheck: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify a call list's signatures.")

    @Argument(help: "The call list's file.")
    var file: String

    @OptionGroup var root: RootOptions

    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let list = try UnverifiedCallList(decoding: Files.read(file)).verify(root: root.load())
        if list.isExpired(at: Date()) { Terminal.note("warning: call list \(list.version) has expired") }
        try output.show(CallListCheckView(list))
    }
}
