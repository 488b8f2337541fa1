import Foundation
import Sodium
import Testing

@testable import MLS

/// Files of other implementations may hold whatever the RFC lets outsiders propose (§12.1.8). The working group's own files
/// hold none of it, so this one is made here, in their format.
@Suite struct ExternalVectorTests {
    @Test func thePassiveClientHearsOutsiders() throws {
        let cases = try JSONDecoder().decode([JSON].self, from: Self.file())
        #expect(cases.count == 1)
        let value = try #require(cases.first).value
        #expect(VectorFormat.recognise(value) == .passiveClient)
        guard case .passed = VectorFormat.passiveClient.check(value) else {
            Issue.record("\(VectorFormat.passiveClient.check(value))")
            return
        }
    }

    /// The counterpart: a proposal of an outsider whom the group does not list still fails the case.
    @Test func whoIsNotListedIsNotHeard() throws {
        let cases = try JSONDecoder().decode([JSON].self, from: Self.file(proposer: Party("eve")))
        guard case .failed = VectorFormat.passiveClient.check(try #require(cases.first).value) else {
            Issue.record("a stranger's proposal passed")
            return
        }
    }

    /// Ada's group, in which Pat is the passive client. A listed sender proposes everything that one may; Dot asks to be let
    /// in and commits then herself; the last epoch is closed by a ReInit from outside.
    /// - Parameter proposer: who signs a further proposal under the listed sender's place in the first epoch.
    private static func file(proposer: Party? = nil) throws -> Data {
        let (watchdog, pat, dot) = (try Party("watchdog"), try Party("pat"), try Party("dot"))
        let senders = ExternalSender.asExtension([
            ExternalSender(
                signatureKey: watchdog.signer.publicKey.bytes, credential: .basic(identity: watchdog.identity))
        ])
        var assembly = try Assembly(["ada", "ben"], extensions: [senders])
        let bundle = try pat.bundle()
        let welcome = try assembly.commit(by: "ada", joining: [(pat, bundle)]) { $0.adds = [bundle.keyPackage] }
        let authenticator = try assembly["pat"].group.epochAuthenticator()
        var epochs: [[String: Any]] = []

        /// An epoch: its proposals, which all members take in, and the commit of them all.
        func epoch(by name: String, joining: [(Party, KeyPackageBundle)] = [], _ proposals: [[UInt8]]) throws {
            for member in assembly.names {
                for proposal in proposals { _ = try assembly[member].group.process(proposal, judge: AnyoneMay()) }
            }
            let waiting = assembly.waiting(name)
            #expect(waiting.count == proposals.count)
            let commit = try assembly.commit(by: name, joining: joining) { $0.references = waiting }
            epochs.append([
                "proposals": proposals.map(Hexadecimal.encode), "commit": Hexadecimal.encode(commit.message),
                "epoch_authenticator": Hexadecimal.encode(
                    try assembly["pat"].group.epochAuthenticator().exposedCopy()),
            ])
        }
        func proposed(_ change: Change) throws -> [UInt8] {
            let group = assembly["ada"].group
            return try ExternalProposal.send(
                change, senderIndex: 0, groupID: group.id, epoch: group.epoch, signer: watchdog.signer)
        }

        let dots = try dot.bundle()
        try epoch(
            by: "ada", joining: [(dot, dots)],
            [
                ExternalProposal.join(
                    dots.keyPackage, groupID: assembly["ada"].group.id, epoch: assembly["ada"].group.epoch,
                    signer: dot.signer)
            ])
        let eves = try Party("eve").bundle()
        try epoch(
            by: "dot", joining: [(Party("eve"), eves)],
            [
                proposed(.add(eves.keyPackage)), proposed(.remove(assembly.index(of: "ben"))),
                proposed(.preSharedKey(.external(id: [5]))),
                proposed(.extensions([senders, Extension(Party.policy, data: [1])])),
            ])
        try epoch(
            by: "eve",
            [
                proposed(.reInit(ReInit(groupID: [9], extensions: [senders])))
            ])
        if let proposer {
            let (group, first) = (welcome.next, epochs[0])
            let proposal = try ExternalProposal.send(
                .remove(LeafIndex(0)), senderIndex: 0, groupID: group.id, epoch: group.epoch, signer: proposer.signer)
            epochs[0]["proposals"] = [Hexadecimal.encode(proposal)] + (first["proposals"] as? [String] ?? [])
        }
        let value: [String: Any] = [
            "cipher_suite": 3, "key_package": Hexadecimal.encode(bundle.keyPackage.encoded),
            "signature_priv": Hexadecimal.encode(pat.signer.seed.exposedCopy()),
            "encryption_priv": Hexadecimal.encode(bundle.encryptionPrivateKey.exposedCopy()),
            "init_priv": Hexadecimal.encode(bundle.initPrivateKey.exposedCopy()),
            "external_psks": [["psk_id": "05", "psk": Hexadecimal.encode(SHA256.hash([5]))]],
            "welcome": Hexadecimal.encode(try #require(welcome.welcomes.first)), "ratchet_tree": NSNull(),
            "initial_epoch_authenticator": Hexadecimal.encode(authenticator.exposedCopy()), "epochs": epochs,
        ]
        return try JSONSerialization.data(withJSONObject: [value])
    }
}
