import Foundation

/// Of libFuzzer's library, for programs that have a `main` of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// One run of libFuzzer over one target.
struct Driver {
    // Set once, before libFuzzer starts, which calls back on the same thread.
    nonisolated(unsafe) private static var test: ([UInt8]) -> Void = { _ in }

    /// - Parameter arguments: the program's name, the corpus and libFuzzer's options.
    static func run(_ arguments: [String], test: @escaping ([UInt8]) -> Void) -> CInt {
        self.test = test
        var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var count = CInt(arguments.count)
        return strings.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return runDriver(&count, &start, callBack)
        }
    }

    private static let callBack: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt = { start, count in
        test([UInt8](UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// Ends the run with `message`, which a precondition would not print in a release build.
func insist(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) rethrows {
    guard try condition() else { fatalError(message()) }
}
