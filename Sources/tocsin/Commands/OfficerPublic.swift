import ArgumentParser
import Foundation
import Office

extension OfficerCommand {
    struct Public: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Print the public document of an officer's key file.")

        @Argument(help: "The key file.")
        var file: String

        func execute() async throws {
            let document = try OfficerKey.publicDocument(of: URL(fileURLWithPath: file))
            Terminal.show(String(decoding: document, as: UTF8.self))
        }
    }
}
