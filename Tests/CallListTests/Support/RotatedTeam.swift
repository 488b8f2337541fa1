import DSSE
import Foundation
import Sodium
import Terms
import TestTeam

@testable import CallList

/// Officers who change, and the lists that they sign. Roots are named by their version, and `2'` is another second one:
/// `G1@1 -> A@2 -> B@3` are three lists, each made from the one before it and signed under the root behind the `@`.
struct RotatedTeam {
    /// By name, with how each came about: who founded, and whom each replaced.
    private(set) var officers: [String: Officers] = [:]
    private var parents: [String: String] = [:]
    private(set) var lists: [String: CallList] = [:]
    /// The unsigned and signed bundles by the list's name.
    private(set) var bundles: [String: [UInt8]] = [:]

    /// - Parameters:
    ///   - roots: as in `1 -> 2 -> 3`; one line for each branch.
    ///   - lines: of lists.
    init(roots: [String], _ lines: String...) throws {
        for line in roots {
            var parent: String?
            for name in Self.names(line) {
                if officers[name] == nil {
                    officers[name] = try Officers(
                        (0..<3).map { _ in Ed25519.PrivateKey() }, threshold: 2, after: parent.map { try officer($0) })
                    parents[name] = parent
                }
                parent = name
            }
        }
        for line in lines {
            var previous: String?
            for step in Self.names(line) {
                let parts = step.split(separator: "@").map(String.init)
                if lists[parts[0]] == nil { try make(parts[0], under: parts[1], after: previous) }
                previous = parts[0]
            }
        }
    }

    struct UnknownName: Error { let name: String }

    func officer(_ name: String) throws -> Officers {
        guard let officers = officers[name] else { throw UnknownName(name: name) }
        return officers
    }

    func root(_ name: String) throws -> TrustedRoot { try officer(name).root }

    /// The roots after the first that lead to this one, oldest first.
    func rotations(to name: String) throws -> [[UInt8]] {
        guard let parent = parents[name] else { return [] }
        return try rotations(to: parent) + [root(name).envelope]
    }

    /// What comes to somebody who pins that root.
    func verified(_ list: String, pin: String) throws -> CallList {
        guard let bundle = bundles[list] else { throw UnknownName(name: list) }
        return try UnverifiedCallList(decoding: bundle).verify(root: root(pin))
    }

    private mutating func make(_ name: String, under root: String, after previous: String?) throws {
        let before = previous.flatMap { lists[$0] }
        let first = try self.root("1")
        var draft = CallListDraft(
            version: (before?.version ?? 0) + 1,
            issued: before?.issued.addingTimeInterval(1) ?? Founding.now, validityDays: 90,
            rotations: try rotations(to: root), previous: before?.digest)
        draft.relays = [Founding.relay]
        let signers = try officer(root)
        draft.officers = signers.keys.indices.map { signers.officer($0) }
        let bundle = try signers.signed(draft.bundle(root: first), pin: first)
        bundles[name] = bundle
        lists[name] = try UnverifiedCallList(decoding: bundle).verify(root: first)
    }

    private static func names(_ line: String) -> [String] {
        line.split(separator: "->").map { $0.filter { $0 != " " } }
    }
}
