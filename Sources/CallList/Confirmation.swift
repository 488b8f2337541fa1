import Terms

/// Who or what is compared by voice.
protocol HasFingerprint {
    var fingerprint: String { get }
}

/// What a signer has to have heard by voice before they sign [R17]: each fingerprint, and no other.
enum Confirmation {
    /// The first of those whose fingerprint is not among the confirmed ones; nil where all are.
    /// - Parameters:
    ///   - confirmed: fingerprints, however written. One stands for one.
    ///   - refusal: of a fingerprint that is nobody's.
    static func unconfirmed<Subject: HasFingerprint>(
        _ subjects: [Subject], _ confirmed: [String], refusal: (String) -> CallListError
    ) throws(CallListError) -> Subject? {
        var missing = subjects
        for text in confirmed {
            guard let index = missing.firstIndex(where: { Fingerprint.matches($0.fingerprint, text) }) else {
                throw refusal(text)
            }
            missing.remove(at: index)
        }
        return missing.first
    }
}
