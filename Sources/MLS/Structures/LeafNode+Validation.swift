/// The rules for one leaf by itself (§7.3); those that compare leaves are ``TreeIndex``'s.
extension LeafNode {
    /// Keys, capabilities, credential, lifetime and extensions.
    /// - Throws: the rules v31, v32, v33, v35, v36, v37 and v45.
    func validate(suite: CipherSuite, required: RequiredCapabilities?) throws(MLSError) {
        guard suite.isUsable(encryptionKey: encryptionKey), signatureKey.count == suite.signatureKeyLength else {
            throw MLSError(.v45, "a leaf has a key that cannot be used")
        }
        try extensions.checkUnique()
        guard capabilities.versions.contains(ProtocolVersion.mls10),
            capabilities.cipherSuites.contains(suite.rawValue)
        else { throw MLSError(.v31, "a leaf does not support this version and suite") }
        guard capabilities.credentials.contains(credential.type) else {
            throw MLSError(.v33, "a leaf does not list its own credential type")
        }
        guard capabilities.supports(extensions.types) else {
            throw MLSError(.v36, "a leaf has an extension that it does not list")
        }
        if case .keyPackage(let lifetime) = source, lifetime.notBefore > lifetime.notAfter {
            throw MLSError(.v35, "a key package ends before it begins")
        }
        try validateSupport(of: required, rule: .v32)
    }

    /// That what the group requires is supported (§11.1).
    func validateSupport(of required: RequiredCapabilities?, rule: Rule) throws(MLSError) {
        guard let required else { return }
        guard capabilities.supports(required.extensions), capabilities.supports(proposals: required.proposals),
            capabilities.supports(credentials: required.credentials)
        else { throw MLSError(rule, "a leaf lacks a capability that the group requires") }
    }

    /// That the GroupContext's extensions are all supported (§13.4).
    func validateSupport(of extensions: [Extension], rule: Rule) throws(MLSError) {
        guard capabilities.supports(extensions.types) else {
            throw MLSError(rule, "a leaf does not support an extension of the group")
        }
    }
}
