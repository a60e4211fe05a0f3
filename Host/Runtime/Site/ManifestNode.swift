/// A node of a YAML document with the line where it begins: all that reading a manifest needs.
package struct ManifestNode {
    package indirect enum Content {
        /// A scalar; `isPlain` if it is written without quotes and so may be a number, a boolean or nothing.
        case scalar(String, isPlain: Bool)
        case list([ManifestNode])
        case mapping([ManifestEntry])
    }

    package var line: Int
    package var content: Content

    /// Whether nothing is written here: `key:` alone, `~` or `null`.
    var isNothing: Bool {
        if case .scalar(let text, isPlain: true) = content { return ["", "~", "null", "Null", "NULL"].contains(text) }
        return false
    }

    /// How a person would call what stands here.
    var shown: String {
        switch content {
        case .scalar(let text, _): isNothing ? "nothing" : "'\(text.prefix(60))'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// A key with its value.
package struct ManifestEntry {
    package let key: String
    package let line: Int
    package let value: ManifestNode
}
