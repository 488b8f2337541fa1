import SQLite
import Terms

/// An open transaction on the vault: what a device knows, in its own terms. Each table's verbs are in a file of their own;
/// outside this folder nobody sees SQL.
struct VaultTransaction {
    let connection: Connection
    let cipher: VaultCipher
}

extension UInt64 {
    /// For a column; what a relay says may be beyond what SQLite can hold.
    func stored() throws(ClientError) -> Int64 {
        guard let number = Int64(exactly: self) else {
            throw ClientError(.relayMisbehaved, "the relay gave a number that cannot be")
        }
        return number
    }
}
