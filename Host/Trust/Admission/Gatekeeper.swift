/// Decides whether a library is loaded, and makes sure that what is loaded is what was verified.
///
/// A file is read once; these bytes are verified, and a copy of these bytes, named by their digest, is what the host loads. So a file
/// that is exchanged after the check changes nothing, and a new build never comes under a path that was loaded before, for which
/// the loader would silently give the old image back.
public struct Gatekeeper: Sendable {
    private let policy: TrustPolicy
    private let copies: LibraryCopies?

    /// - Parameter copies: the folder for the copies, made if it isn't there; nil to verify alone.
    public init(policy: TrustPolicy, copies: String?) {
        self.policy = policy
        self.copies = copies.map { LibraryCopies(folder: $0) }
    }

    /// - Throws: ``TrustError`` if the library must not be loaded.
    public func admit(_ candidate: Candidate) throws(TrustError) -> Admission {
        let file = try FileContents(candidate.path)
        try Permissions.check(file, at: candidate.path)
        let digest = Digest(of: file.bytes)
        if let pinned = candidate.pinned, pinned != digest {
            throw .policy(
                "\(candidate.path) is not the library that the manifest pins (expected \(pinned); got \(digest); install that build, or change "
                    + "'digest' in the manifest)")
        }
        let signature = try verifiedSignature(of: candidate, digest: digest)
        let isListed = candidate.pinned != nil || policy.digests.contains(digest)
        let grounds: Admission.Grounds
        if let signature {
            grounds = .signature(key: signature.key)
        } else {
            grounds = isListed ? .digest : .stance(try admitUntrusted(candidate, digest: digest))
        }
        return Admission(
            path: try copies?.copy(file.bytes, digest: digest, of: candidate.path) ?? candidate.path, digest: digest, grounds: grounds,
            identity: signature.map { ($0.identifier, $0.version) })
    }

    /// The signature by a key of the site, or nil if there is none. One that is there and wrong is a refusal whatever the policy says:
    /// somebody changed something.
    private func verifiedSignature(of candidate: Candidate, digest: Digest) throws(TrustError) -> LibrarySignature? {
        let path = LibrarySignature.path(for: candidate.path)
        guard FileContents.isThere(path) else { return nil }
        let signature = try LibrarySignature(parsing: try FileContents(path, limit: 8_192).bytes, name: path)
        guard let key = policy.keys.first(where: { $0.identifier == signature.key }) else { return nil }
        guard signature.isMade(by: key) else {
            throw .signature("\(path) was changed after it was signed (expected the signature of key \(key.identifier); sign the library again)")
        }
        guard signature.library == digest else {
            throw .signature(
                "\(path) signs another library (expected \(signature.library); got \(digest) in \(candidate.path); install the signed build, or "
                    + "sign this one)")
        }
        if let signed = signature.manifest {
            let own = Digest(of: candidate.manifest)
            guard signed == own else {
                throw .signature(
                    "\(path) signs another manifest (expected \(signed); got \(own); restore the signed manifest, or sign library and "
                        + "manifest again)")
            }
        }
        return signature
    }

    private func admitUntrusted(_ candidate: Candidate, digest: Digest) throws(TrustError) -> TrustPolicy.Stance {
        let advice = "sign it with a key of the site, or list \(digest) under 'plugins: trust: digests'"
        switch policy.stance {
        case .allow: return .allow
        case .runnerOnly where candidate.isIsolated: return .runnerOnly
        case .runnerOnly:
            throw .policy(
                "\(candidate.path) is not trusted by this site (expected isolation: process for such a library; got in-process; \(advice), or "
                    + "set isolation: process)")
        case .require:
            throw .policy("\(candidate.path) is not trusted by this site (expected a trusted signature or digest; got none; \(advice))")
        }
    }
}
