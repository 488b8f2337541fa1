import Sodium
import Testing

/// The bytes of hexadecimal digits, which may be broken over lines.
func hex(_ text: String) -> [UInt8] {
    guard let bytes = Hexadecimal.decode(text.filter { !$0.isWhitespace }) else {
        Issue.record("a vector is no hexadecimal text")
        return []
    }
    return bytes
}

func secret(_ text: String) -> SecretBytes { SecretBytes(hex(text)) }

func key(_ text: String) throws -> X25519.PrivateKey { try X25519.PrivateKey(secret(text)) }

/// The code of the error that `body` throws; nil where it throws none.
func code(_ body: () throws -> Void) -> SodiumError.Code? {
    do {
        try body()
        return nil
    } catch { return (error as? SodiumError)?.code }
}
