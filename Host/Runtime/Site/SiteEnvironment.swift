/// Puts the values of environment variables in the place of `${NAME}` in scalars, quoted or not, so that passwords need not stand in files.
struct SiteEnvironment {
    let lookUp: (String) -> String?
    let file: String
    let problems: ProblemList

    /// The node with all variables replaced. A value is taken as it is: quotes and colons in it mean nothing.
    func substitute(in node: ManifestNode) -> ManifestNode {
        var node = node
        switch node.content {
        case .scalar(let text, _) where text.contains("${"):
            node.content = .scalar(replace(in: text, line: node.line), isPlain: false)
        case .list(let items):
            node.content = .list(items.map(substitute(in:)))
        case .mapping(let entries):
            node.content = .mapping(
                entries.map { ManifestEntry(key: $0.key, line: $0.line, value: substitute(in: $0.value)) })
        case .scalar: break
        }
        return node
    }

    private func replace(in text: String, line: Int) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let after = rest[rest.index(after: dollar)...]
            guard after.first == "{" else {
                result += "$"
                rest = after
                continue
            }
            guard let end = after.firstIndex(of: "}") else {
                report(line, "'${' has no '}' (expected ${NAME}; got '\(text)')")
                return text
            }
            let name = String(after[after.index(after: after.startIndex)..<end])
            if let value = lookUp(name) {
                result += value
            } else {
                report(
                    line,
                    "the environment variable \(name) is not set (expected a value for ${\(name)}; got nothing; set it before the start)")
                result += "${\(name)}"
            }
            rest = after[after.index(after: end)...]
        }
        return result + rest
    }

    private func report(_ line: Int, _ sentence: String) { problems.add(ManifestPlace(file: file, line: line), sentence) }
}
