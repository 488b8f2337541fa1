public import Foundation
public import Terms

/// A device's new sealing key on its way to the officers: signed by the device, so it needs no voice [R17].
public enum SealingRenewal {
    private struct Document: Codable {
        let type: String
        let device: DeviceID
        let sealing: UnverifiedSealingKey
    }

    private static let type = "tocsin sealing key"

    public static func make(_ keys: DeviceKeys, created: Date) throws(CallListError) -> [UInt8] {
        try Documents.encode(
            Document(type: type, device: keys.id, sealing: keys.sealing(created: created).document))
    }

    /// The new key of the device that made `request`.
    /// - Throws: `malformed` for another device's; `notSigned`.
    public static func read(
        _ bytes: [UInt8], for request: EnrolmentRequest
    ) throws(CallListError) -> SealingKey {
        let document = try Documents.decode(Document.self, from: bytes, what: "sealing key")
        guard document.type == type, document.device == request.device else {
            throw CallListError(
                .malformed, "this is no sealing key of device \(request.device.short)",
                hint: "that device makes it: tocsin device renew --out FILE")
        }
        return try document.sealing.verify(holder: .device, signer: request.mlsKey)
    }
}
