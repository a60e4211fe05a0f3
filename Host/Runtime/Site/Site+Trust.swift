extension Site {
    /// `plugins: trust:` in `site.yaml`: which libraries the site trusts, and what happens to others.
    public struct TrustSettings: Sendable {
        /// What happens to a library without a trusted signature or digest. A site that says nothing allows it, so that a demo needs no keys.
        public var policy = Policy.allow
        /// Public keys, `ed25519:` and base64, whose signatures are trusted.
        public var keys: [Key] = []
        /// Digests, `sha256:` and hexadecimal digits, of libraries that are trusted without a signature.
        public var digests: [String] = []

        public init() {}

        /// A public key and where it is written.
        public struct Key: Hashable, Sendable {
            public let text: String
            public let place: ManifestPlace
        }

        public enum Policy: String, CaseIterable, Sendable {
            /// It is refused.
            case require
            /// It runs with `isolation: process`, and is refused otherwise.
            case runnerOnly = "runner-only"
            /// It runs like any other.
            case allow
        }
    }
}
