extension SiteReader {
    /// `trust` below `plugins`.
    func trust(_ plugins: MappingReader?) -> Site.TrustSettings {
        var settings = Site.TrustSettings()
        guard let plugins, let node = plugins.node("trust") else { return settings }
        let trust = MappingReader(node, name: "plugins.trust", keys: ["policy", "keys", "digests"], file: file, problems: problems)
        if let policy = trust.choice("policy", of: Site.TrustSettings.Policy.self) { settings.policy = policy }
        for (text, line) in trust.texts("keys", of: "public keys") ?? [] {
            let place = ManifestPlace(file: file, line: line)
            if TrustText.isKey(text) {
                settings.keys.append(Site.TrustSettings.Key(text: text, place: place))
            } else {
                problems.add(
                    place,
                    "a key of plugins.trust is malformed (expected ed25519: and 32 bytes in base64, the content of a .pub file; got "
                        + "'\(text.prefix(60))')")
            }
        }
        for (text, line) in trust.texts("digests", of: "digests") ?? [] {
            if TrustText.isDigest(text) {
                settings.digests.append(text)
            } else {
                problems.add(ManifestPlace(file: file, line: line), TrustText.malformedDigest(text, name: "a digest of plugins.trust"))
            }
        }
        return settings
    }
}

/// How digests and keys are written in manifests.
enum TrustText {
    /// `sha256:` and 64 lower-case hexadecimal digits.
    static func isDigest(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(7)
        return text.hasPrefix("sha256:") && digits.count == 64
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }

    /// `ed25519:` and 32 bytes in base64.
    static func isKey(_ text: String) -> Bool {
        let letters = text.utf8.dropFirst(8)
        return text.hasPrefix("ed25519:") && letters.count == 44 && letters.last == UInt8(ascii: "=")
            && letters.dropLast().allSatisfy {
                switch $0 {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
                }
            }
    }

    static func malformedDigest(_ text: String, name: String) -> String {
        "\(name) is malformed (expected sha256: and 64 lower-case hexadecimal digits, as dsotp plugin inspect shows; got '\(text.prefix(80))')"
    }
}

extension ServiceManifestReader {
    /// `digest`, the pin of the library.
    func pin(_ manifest: MappingReader) -> String? {
        guard let text = manifest.text("digest", expected: "the library's digest, sha256: and 64 digits") else { return nil }
        if TrustText.isDigest(text) { return text }
        manifest.report("digest", TrustText.malformedDigest(text, name: "'digest'"))
        return nil
    }
}
