import Sodium
import WireFormat

/// A signed message in the clear (§6.2).
///
///     struct { FramedContent content; FramedContentAuthData auth;
///              select (sender_type) { case member: MAC membership_tag; }; } PublicMessage;
struct PublicMessage: Hashable, Sendable, WireCodable {
    let content: FramedContent
    let auth: AuthData
    let membershipTag: [UInt8]?

    init(from reader: inout Reader) throws(WireError) {
        content = try FramedContent(from: &reader)
        auth = try AuthData(content.content.type, from: &reader)
        if case .member = content.sender {
            membershipTag = try reader.opaque("membership_tag")
        } else {
            membershipTag = nil
        }
    }

    func encode(to writer: inout Writer) {
        content.encode(to: &writer)
        auth.encode(to: &writer)
        if let membershipTag { writer.opaque(membershipTag) }
    }

    /// Protects what a member signed.
    init(protecting authenticated: AuthenticatedContent, membershipKey: SecretBytes, context: GroupContext) {
        content = authenticated.content
        auth = authenticated.auth
        guard case .member = content.sender else {
            membershipTag = nil
            return
        }
        membershipTag = context.cipherSuite.mac(
            Self.toBeMACed(content: content, auth: auth, context: context), key: membershipKey)
    }

    /// What somebody outside the group signed goes without a tag.
    init(fromOutside authenticated: AuthenticatedContent) {
        content = authenticated.content
        auth = authenticated.auth
        membershipTag = nil
    }

    /// Checks the membership tag; the signature is for the caller, who knows the sender's key.
    func unprotect(membershipKey: SecretBytes, context: GroupContext) throws(MLSError) -> AuthenticatedContent {
        guard content.content.type != .application else {
            throw MLSError(.v4, "application data must be encrypted")
        }
        if case .member = content.sender {
            let input = Self.toBeMACed(content: content, auth: auth, context: context)
            guard let membershipTag,
                context.cipherSuite.isValid(mac: membershipTag, of: input, key: membershipKey)
            else {
                throw MLSError(.v5, "the membership tag does not verify")
            }
        }
        return AuthenticatedContent(format: .publicMessage, content: content, auth: auth)
    }

    /// `struct { FramedContentTBS content_tbs; FramedContentAuthData auth; } AuthenticatedContentTBM;`
    private static func toBeMACed(content: FramedContent, auth: AuthData, context: GroupContext) -> [UInt8] {
        var writer = Writer(reservingCapacity: content.encodedLength + 1024)
        writer.fixed(AuthenticatedContent.toBeSigned(format: .publicMessage, content: content, context: context))
        auth.encode(to: &writer)
        return writer.bytes
    }
}
