import Sodium
import Testing

@testable import MLS

/// Secrets that must be gone are looked for in all that a group stores (§14).
@Suite struct SecrecyTests {
    private func secrets(of group: Group) throws -> [String: [UInt8]] {
        let secrets = try group.activeSecrets()
        return [
            "sender data": secrets.senderDataSecret.exposedCopy(), "exporter": secrets.exporterSecret.exposedCopy(),
            "external": secrets.externalSecret.exposedCopy(), "confirm": secrets.confirmationKey.exposedCopy(),
            "membership": secrets.membershipKey.exposedCopy(), "resumption": secrets.resumptionPSK.exposedCopy(),
            "authentication": secrets.epochAuthenticator.exposedCopy(), "init": secrets.initSecret.exposedCopy(),
        ]
    }

    @Test func anEpochsSecretsEndWithIt() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let before = assembly["ben"].group
        let old = try secrets(of: before)
        // What is looked for can be found where it is.
        for (name, secret) in old { #expect(stored(before).contains(run: secret), "\(name)") }
        try assembly.commit(by: "ada")
        for member in assembly.members {
            for (name, secret) in old {
                #expect(!stored(member.group).contains(run: secret), "\(name) at \(member.party.name)")
            }
        }
        // A committer's old leaf key goes too, and the keys of the nodes that were replaced.
        let oldLeafKey = try #require(before.keys.key(of: NodeIndex(leaf: before.ownIndex))).exposedCopy()
        #expect(stored(assembly["ben"].group).contains(run: oldLeafKey))
        let oldRootKey = try #require(before.keys.key(of: before.tree.root)).exposedCopy()
        #expect(!stored(assembly["ben"].group).contains(run: oldRootKey))
        try assembly.commit(by: "ben")
        #expect(!stored(assembly["ben"].group).contains(run: oldLeafKey))
    }

    @Test func aRemovedMemberKeepsNoSecret() throws {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let before = assembly["cyd"].group
        try assembly.commit(by: "ada", removing: ["cyd"])
        let gone = stored(try #require(assembly.former.first).group)
        for (name, secret) in try secrets(of: before) { #expect(!gone.contains(run: secret), "\(name)") }
        for key in before.keys.keys.values { #expect(!gone.contains(run: key.exposedCopy())) }
    }

    @Test func errorsAndDescriptionsHoldNoSecret() throws {
        let assembly = try Assembly(["ada", "ben"])
        let group = assembly["ada"].group
        let shown = "\(group)" + String(reflecting: group)
        for (name, secret) in try secrets(of: group) {
            #expect(!shown.contains(Hexadecimal.encode(secret)), "\(name)")
            #expect(!shown.contains("\(secret)"), "\(name)")
        }
    }
}
