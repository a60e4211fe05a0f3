internal import PluginAPI

/// Reads the `foreign` section of a manifest.
final class DescriptionReader {
    let problems = SectionProblems()
    let subscriptions: [String]
    var description = ForeignDescription()
    var structs: [String: StructType] = [:]
    /// The callbacks that the section describes, in its order.
    var callbackNames: [String] = []
    /// The function whose call made each outcome.
    var outcomeFunctions: [Int] = []
    /// The tags of each series as they are written.
    var seriesTags: [[(String, SectionNode)]] = []
    /// The outcomes of the steps of `start`, which all others see.
    var startOutcomes: [String: (outcome: Int, function: Int)] = [:]

    static let keys = [
        "encoding", "dead_letter", "structs", "callbacks", "functions", "series", "start", "stop", "messages", "timers", "golden",
    ]

    init(file: String, subscriptions: [String]) {
        description.file = file
        description.subscriptions = subscriptions
        self.subscriptions = subscriptions
    }

    func read(_ node: SectionNode) {
        description.section = node
        let section = SectionMapping(node, name: "foreign", keys: Self.keys, problems: problems)
        description.isLatin1 = section.choice("encoding", or: Encoding.utf8) == .latin1
        if let prefix = section.text("dead_letter", expected: "the begin of a topic") { description.deadLetterPrefix = prefix }
        callbackNames = section.mapping("callbacks", name: "callbacks").entries.map(\.key)
        readStructs(section.mapping("structs", name: "structs"))
        readFunctions(section)
        readSeries(section.mapping("series", name: "series"))
        let starting = Scope(outcomes: [:])
        description.start = section.items("start", of: "calls").compactMap { step($0, in: starting) }
        startOutcomes = starting.outcomes
        description.stop = section.items("stop", of: "calls").compactMap { step($0, in: Scope(outcomes: startOutcomes)) }
        for item in section.items("messages", of: "work to do for a message") { readMessages(item) }
        for item in section.items("timers", of: "work to do again and again") { readTimer(item) }
        for item in section.items("golden", of: "golden vectors") { readVector(item) }
        if description.work.isEmpty, problems.all.isEmpty {
            problems.add(section.line, "foreign gives the library nothing to do (expected messages or timers; got neither; add one)")
        }
        checkVectors()
    }

    private enum Encoding: String, CaseIterable {
        case utf8 = "utf-8"
        case latin1 = "latin-1"
    }

    private func readStructs(_ given: SectionMapping) {
        for entry in given.entries {
            let name = "the struct '\(entry.key)'"
            let members = SectionMapping(entry.value, name: name, keys: nil, problems: problems).entries.compactMap { member in
                text(of: member.value, as: "the type of a member").flatMap { memberType($0, line: member.line) }.map { (member.key, $0) }
            }
            if members.isEmpty { problems.add(entry.line, "\(name) has no members (expected names and types; got none)") }
            structs[entry.key] = StructType(name: entry.key, members: members.map { (name: $0.0, type: $0.1) })
        }
    }

    /// The text of a scalar, or nil after a report.
    func text(of node: SectionNode, as what: String) -> String? {
        if case .scalar(let text, _) = node.content, !node.isNothing, !text.isEmpty { return text }
        problems.add(node.line, "\(what) has the wrong type (expected a text; got \(node.shown))")
        return nil
    }

    func functionIndex(_ name: String) -> Int? { description.functions.firstIndex { $0.name == name } }
}

/// What the sources of some work may name.
final class Scope {
    /// The message's fields; nil where there is no message.
    var fields: FieldTree?
    var outcomes: [String: (outcome: Int, function: Int)]
    /// The series that were named.
    var series: [Int] = []
    var allowsSeries = false
    /// Whether there is a time.
    var isWork = false
    /// The context that was given so far.
    var context: Set<Int> = []

    init(outcomes: [String: (outcome: Int, function: Int)]) { self.outcomes = outcomes }
}

extension ForeignDescription {
    /// Reads the `foreign` section of a manifest.
    ///
    /// - Parameters:
    ///   - file: the manifest, for sentences at run time.
    ///   - subscriptions: the manifest's topic filters, in their order.
    /// - Returns: the description, not to be used if there are problems; and everything that is wrong.
    public static func read(
        _ section: SectionNode, file: String, subscriptions: [String]
    ) -> (description: ForeignDescription, problems: [SectionProblem]) {
        let reader = DescriptionReader(file: file, subscriptions: subscriptions)
        reader.read(section)
        return (reader.description, reader.problems.all)
    }
}
