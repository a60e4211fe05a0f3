/// What stands in the `foreign` section of a manifest, with the line of each piece. Whoever reads the file makes it.
public indirect enum SectionContent: Sendable {
    /// A scalar; `isPlain` if it is written without quotes and so may be a number or nothing.
    case scalar(String, isPlain: Bool)
    case list([SectionNode])
    case mapping([SectionEntry])
}

/// A node of the section with the line where it begins.
public struct SectionNode: Sendable {
    public let line: Int
    public let content: SectionContent

    public init(line: Int, content: SectionContent) {
        self.line = line
        self.content = content
    }

    /// Whether nothing is written here: `key:` alone, `~` or `null`.
    var isNothing: Bool {
        if case .scalar(let text, isPlain: true) = content { return ["", "~", "null"].contains(text) }
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
public struct SectionEntry: Sendable {
    public let key: String
    public let line: Int
    public let value: SectionNode

    public init(key: String, line: Int, value: SectionNode) {
        self.key = key
        self.line = line
        self.value = value
    }
}

/// One thing that is wrong with a section: where, and a sentence with what was expected and what was found.
public struct SectionProblem: Hashable, Sendable {
    public let line: Int
    public let sentence: String
}

/// Gathers the problems of one reading, so that a person sees all of them at once.
final class SectionProblems {
    private(set) var all: [SectionProblem] = []

    func add(_ line: Int, _ sentence: String) { all.append(SectionProblem(line: line, sentence: sentence)) }
}
