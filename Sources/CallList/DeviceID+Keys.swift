public import Sodium
public import Terms

extension DeviceID {
    /// The id of the device that has these keys: the hash of a label, the kind and both signature keys [R17]. So nobody, an
    /// officer included, can put other keys behind an id that exists. The sealing key is no part of it: it is renewed.
    public static func of(kind: DeviceKind, mlsKey: Ed25519.PublicKey, sessionKey: Ed25519.PublicKey) -> DeviceID {
        DeviceID(hashing: Array("tocsin device id v1\0".utf8) + [kind.byte] + mlsKey.bytes + sessionKey.bytes)
    }
}
