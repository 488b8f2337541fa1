import CallList
import Foundation
import Platform
import Terms

/// The officers' files: sources, requests, keys.
enum SourceFile {
    /// - Throws: `fileFailure`, `limitExceeded`.
    static func read(_ url: URL) throws(CallListError) -> [UInt8] {
        do {
            return try NewFile.read(url, limit: CallListLimits.bundleBytes)
        } catch {
            throw CallListError(error)
        }
    }

    /// - Throws: `fileExists`, `fileFailure`.
    static func write(_ bytes: [UInt8], to url: URL, mode: mode_t) throws(CallListError) {
        do {
            try NewFile.write(bytes, to: url, mode: mode)
        } catch {
            throw CallListError(error)
        }
    }

    /// - Throws: `fileFailure`.
    static func replace(_ bytes: [UInt8], at url: URL, mode: mode_t) throws(CallListError) {
        do {
            try NewFile.replace(bytes, at: url, mode: mode)
        } catch {
            throw CallListError(error)
        }
    }
}

extension CallListError {
    fileprivate init(_ error: FileError) {
        let code: CallListErrorCode =
            switch error.code {
            case .exists: .fileExists
            case .tooLarge: .limitExceeded
            case .missing, .failed: .fileFailure
            }
        self.init(code, error.reason, hint: error.hint)
    }
}
