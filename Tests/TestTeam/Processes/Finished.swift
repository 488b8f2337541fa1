package import Foundation

/// A finished process: what it wrote and how it ended.
package struct Finished: Sendable {
    /// As a shell has it: the status, or 128 and the number of the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String
}

extension ChildProcess {
    /// Runs a program to its end. One that takes longer than `limit` is killed. Input and output go through files: nothing can
    /// fill up, and no other process can hold them open.
    package static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String], directory: URL? = nil,
        input: Data = Data(), person: Person = .nobody, limit: Duration = .seconds(120)
    ) async throws -> Finished {
        let files = try TemporaryDirectory()
        try input.write(to: files.file("input"))
        let child = try ChildProcess(
            executable, arguments, environment: environment, directory: directory ?? files.url, person: person,
            input: Descriptor(files.file("input"), O_RDONLY),
            output: Descriptor(files.file("output"), O_WRONLY | O_CREAT),
            errors: Descriptor(files.file("errors"), O_WRONLY | O_CREAT))
        let status = shellStatus(await child.waitStatus(within: limit))
        return Finished(
            status: status, output: String(decoding: try files.read("output"), as: UTF8.self),
            errors: String(decoding: try files.read("errors"), as: UTF8.self))
    }
}
