/// What a site does with libraries, as `plugins: trust:` in its `site.yaml` says.
public struct TrustPolicy: Sendable {
    /// What happens to a library that the site does not trust.
    public enum Stance: String, CaseIterable, Sendable {
        /// It is refused.
        case require
        /// It runs with `isolation: process`, and is refused otherwise.
        case runnerOnly = "runner-only"
        /// It runs like any other: for demos and development.
        case allow
    }

    public let stance: Stance
    /// Keys whose signatures are trusted.
    public let keys: [VerifyingKey]
    /// Libraries that are trusted without a signature.
    public let digests: Set<Digest>

    public init(stance: Stance = .allow, keys: [VerifyingKey] = [], digests: Set<Digest> = []) {
        self.stance = stance
        self.keys = keys
        self.digests = digests
    }
}
