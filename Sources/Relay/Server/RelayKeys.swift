public import CallList
import Crypto
public import Foundation
package import NIOSSL
import Platform
public import Sodium
import SwiftASN1
import Terms
import X509

/// What makes a relay that relay: its identity key and its self-made certificate, in files of its data directory. They are
/// not locked by a passphrase, because a relay must start unattended; the directory is the operator's to guard.
public struct RelayKeys: Sendable {
    public let identity: Ed25519.PrivateKey
    let certificate: [UInt8]
    let certificateKeyPEM: String

    private static let identityFile = "identity.seed"
    private static let certificateFile = "tls.der"
    private static let certificateKeyFile = "tls.key.pem"
    /// All of them, with their modes.
    static let files: [(name: String, mode: mode_t)] = [
        (identityFile, 0o600), (certificateKeyFile, 0o600), (certificateFile, 0o644),
    ]
    /// What the seed's file begins with, so that nobody takes it for a public digest.
    private static let seedMark = "TOCSIN-SECRET-RELAY-KEY-1 "

    /// Makes keys in a directory that has none, and the document that officers put on the call list.
    /// - Parameter publish: writes the document; where it throws, no keys are left behind either.
    /// - Throws: ``StartError``, `FileError`; nothing is overwritten.
    @discardableResult
    public static func create(
        in directory: URL, id: String, addresses: [String], publish: (RelayRecord) throws -> Void = { _ in }
    ) throws -> RelayRecord {
        guard (1...CallListLimits.relayAddresses).contains(addresses.count),
            addresses.allSatisfy(RelayAddress.isValid)
        else {
            throw StartError(
                .addressRefused,
                "a relay has 1 to \(CallListLimits.relayAddresses) addresses: https://, an IP address or onion name, and a port",
                hint: "for example --address https://192.0.2.7:8443; names are not looked up")
        }
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let identity = try Ed25519.PrivateKey(memory: .guarded)
        let key = P256.Signing.PrivateKey()
        let certificate = try makeCertificate(key: Certificate.PrivateKey(key))
        let seed = Array(seedMark.utf8) + identity.seed.withUnsafeBytes { Array(Hexadecimal.encode($0).utf8) }
        let record = RelayRecord(
            id: id, addresses: addresses, identity: Data(identity.publicKey.bytes), tlsCertificate: Data(certificate))
        var written: [URL] = []
        do {
            for (name, bytes, mode) in [
                (identityFile, seed, 0o600), (certificateKeyFile, Array(key.pemRepresentation.utf8), 0o600),
                (certificateFile, certificate, 0o644),
            ] as [(String, [UInt8], mode_t)] {
                let url = directory.appendingPathComponent(name)
                try NewFile.write(bytes, to: url, mode: mode)
                written.append(url)
            }
            try publish(record)
        } catch {
            // All or nothing: half a relay could neither serve nor be set up again.
            for url in written { try? FileManager.default.removeItem(at: url) }
            throw error
        }
        return record
    }

    /// - Throws: ``StartError``.
    public static func load(from directory: URL) throws -> RelayKeys {
        let names = [identityFile, certificateFile, certificateKeyFile]
        for name in names
        where !FileManager.default.isReadableFile(atPath: directory.appendingPathComponent(name).path) {
            throw StartError(
                .dataUnusable, "cannot read \(directory.appendingPathComponent(name).path)",
                hint: "--data is the directory that `tocsin-relay init` made, and the relay must own it")
        }
        let seedText = String(
            decoding: try read(identityFile, in: directory, limit: seedMark.utf8.count + 64), as: UTF8.self)
        guard seedText.hasPrefix(seedMark), let seed = Hexadecimal.decode(String(seedText.dropFirst(seedMark.count))),
            seed.count == Ed25519.PrivateKey.seedLength
        else { throw damaged(identityFile) }
        let identity = try Ed25519.PrivateKey(seed: SecretBytes(seed), memory: .guarded)
        let keys = RelayKeys(
            identity: identity, certificate: try read(certificateFile, in: directory, limit: 16_384),
            certificateKeyPEM: String(
                decoding: try read(certificateKeyFile, in: directory, limit: 16_384), as: UTF8.self))
        // Now, not at the first connection.
        guard let configuration = try? keys.tlsConfiguration(),
            (try? NIOSSLContext(configuration: configuration)) != nil
        else { throw damaged("\(certificateFile) or \(certificateKeyFile)") }
        return keys
    }

    private static func read(_ file: String, in directory: URL, limit: Int) throws(StartError) -> [UInt8] {
        do {
            return try NewFile.read(directory.appendingPathComponent(file), limit: limit)
        } catch {
            throw damaged(file)
        }
    }

    private static func damaged(_ file: String) -> StartError {
        StartError(
            .damaged, "\(file) is damaged",
            hint: "restore it from a backup, or set the relay up anew and have the officers sign a call list with it")
    }

    /// Names no host, and is good for ever: clients pin the certificate itself, and no clock of theirs may keep them from the
    /// relay [R18]. The end is RFC 5280's (§4.1.2.5) for what has none.
    private static func makeCertificate(key: Certificate.PrivateKey) throws -> [UInt8] {
        let name = try DistinguishedName { CommonName("tocsin relay") }
        let (start, end) = (Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: 253_402_300_799))
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: start, notValidAfter: end,
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            }, issuerPrivateKey: key)
        var serializer = DER.Serializer()
        try certificate.serialize(into: &serializer)
        return serializer.serializedBytes
    }

    package func tlsConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: certificate, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(certificateKeyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }
}
