/// The rules for one leaf by itself (§7.3); those that compare leaves are ``RatchetTree``'s.
extension LeafNode {
    /// Capabilities, credential and extensions.
    /// - Throws: `missingCapability`, `requiredCapabilityMissing`, `duplicateExtension`, `invalidLifetime`.
    func validate(suite: CipherSuite, required: RequiredCapabilities?) throws(MLSError) {
        try extensions.checkUnique()
        guard capabilities.versions.contains(ProtocolVersion.mls10),
            capabilities.cipherSuites.contains(suite.rawValue)
        else { throw MLSError(.missingCapability, "a leaf does not support this version and suite") }
        guard capabilities.credentials.contains(credential.type) else {
            throw MLSError(.missingCapability, "a leaf does not list its own credential type")
        }
        guard extensions.allSatisfy({ capabilities.supports($0.type) }) else {
            throw MLSError(.missingCapability, "a leaf has an extension that it does not list")
        }
        if case .keyPackage(let lifetime) = source, lifetime.notBefore > lifetime.notAfter {
            throw MLSError(.invalidLifetime, "a key package ends before it begins")
        }
        guard let required else { return }
        guard required.extensions.allSatisfy({ capabilities.supports($0) }),
            required.proposals.allSatisfy({ capabilities.supports(proposal: $0) }),
            required.credentials.allSatisfy({ capabilities.credentials.contains($0) })
        else { throw MLSError(.requiredCapabilityMissing, "a leaf lacks a capability that the group requires") }
    }

    /// That the group's extensions, as they are now, are all supported (§7.3, §12.1.7).
    func validateSupport(of extensions: [Extension]) throws(MLSError) {
        guard extensions.allSatisfy({ capabilities.supports($0.type) }) else {
            throw MLSError(.missingCapability, "a leaf does not support an extension of the group")
        }
    }
}
