internal import Topics

/// Reads the keys of one mapping of a manifest, and reports what is wrong with each.
///
/// Unknown keys are reported when the reader is made; each getter reports a wrong type or range and returns `nil`, so that reading
/// goes on and a person sees everything at once.
package struct MappingReader {
    package let file: String
    package let line: Int
    /// How the mapping is called in sentences: `databus`.
    package let name: String
    package let problems: ProblemList
    private let entries: [String: ManifestEntry]

    /// - Parameter keys: all keys that the mapping may have.
    package init(_ node: ManifestNode, name: String, keys: [String], file: String, problems: ProblemList) {
        self.file = file
        self.line = node.line
        self.name = name
        self.problems = problems
        var entries: [String: ManifestEntry] = [:]
        switch node.content {
        case .mapping(let given):
            for entry in given where keys.contains(entry.key) { entries[entry.key] = entry }
            for entry in given where !keys.contains(entry.key) {
                let question = Suggestion.question(for: entry.key, among: keys)
                problems.add(
                    ManifestPlace(file: file, line: entry.line),
                    "unknown key '\(entry.key)' in \(name) (\(question)expected \(Self.list(keys)); got '\(entry.key)')")
            }
        default:
            let sentence = "\(name) has the wrong type (expected a mapping with \(Self.list(keys)); got \(node.shown))"
            problems.add(ManifestPlace(file: file, line: node.line), sentence)
        }
        self.entries = entries
    }

    /// Whether the key is given.
    package func has(_ key: String) -> Bool { entries[key] != nil }

    /// The value as written, or `nil` if the key is not given.
    package func node(_ key: String) -> ManifestNode? { entries[key]?.value }

    /// Where a key stands, or the mapping if it isn't given.
    package func place(of key: String) -> ManifestPlace { ManifestPlace(file: file, line: entries[key]?.line ?? line) }

    /// Reports a problem with the value of a key.
    package func report(_ key: String, _ sentence: String) {
        problems.add(ManifestPlace(file: file, line: entries[key]?.value.line ?? line), sentence)
    }

    /// Reports that a key is missing.
    package func missing(_ key: String, expected: String) {
        let sentence = "\(name) lacks the key '\(key)' (expected \(expected); got nothing; add the key)"
        problems.add(ManifestPlace(file: file, line: line), sentence)
    }

    package func text(_ key: String, expected: String = "a text") -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, _) = node.content, !node.isNothing, !text.isEmpty else {
            wrongType(key, expected: expected)
            return nil
        }
        return text
    }

    package func requiredText(_ key: String, expected: String) -> String? {
        if !has(key) { missing(key, expected: expected) }
        return text(key, expected: expected)
    }

    package func boolean(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        switch node.content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default:
            wrongType(key, expected: "true or false")
            return nil
        }
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, isPlain: true) = node.content, let value = Int(text.filter { $0 != "_" }) else {
            wrongType(key, expected: "a whole number, \(range.lowerBound) … \(range.upperBound)")
            return nil
        }
        guard range.contains(value) else {
            report(key, "'\(key)' of \(name) is out of range (expected \(range.lowerBound) … \(range.upperBound); got \(value))")
            return nil
        }
        return value
    }

    /// A finite number.
    package func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, isPlain: true) = node.content, let value = Double(text), value.isFinite else {
            wrongType(key, expected: "a number, \(range.lowerBound) … \(range.upperBound)")
            return nil
        }
        guard range.contains(value) else {
            report(key, "'\(key)' of \(name) is out of range (expected \(range.lowerBound) … \(range.upperBound); got \(text))")
            return nil
        }
        return value
    }

    /// A duration between two bounds in nanoseconds.
    package func duration(_ key: String, in range: ClosedRange<Int64>) -> Duration? {
        quantity(key, in: range, form: Quantities.durationForm, parse: Quantities.duration, describe: Quantities.describe(nanoseconds:))
            .map { .nanoseconds($0) }
    }

    /// A size between two bounds in bytes.
    func size(_ key: String, in range: ClosedRange<Int64>) -> Int? {
        quantity(key, in: range, form: Quantities.sizeForm, parse: Quantities.size, describe: Quantities.describe(bytes:)).map(Int.init)
    }

    /// One word out of those of an enumeration.
    package func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, of type: Value.Type = Value.self) -> Value? {
        guard let text = text(key, expected: Self.list(Value.allCases.map(\.rawValue))) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let words = Value.allCases.map(\.rawValue)
        let question = Suggestion.question(for: text, among: words)
        report(key, "'\(key)' of \(name) has an unknown value (\(question)expected \(Self.list(words)); got '\(text)')")
        return nil
    }

    /// The items of a list; a value that is not a list is reported.
    package func items(_ key: String, of what: String) -> [ManifestNode]? {
        guard let node = node(key) else { return nil }
        guard case .list(let items) = node.content else {
            wrongType(key, expected: "a list of \(what)")
            return nil
        }
        return items
    }

    /// A list of texts.
    package func texts(_ key: String, of what: String) -> [(text: String, line: Int)]? {
        items(key, of: what)?.compactMap { item in
            if case .scalar(let text, _) = item.content, !item.isNothing, !text.isEmpty { return (text, item.line) }
            let sentence = "an item of '\(key)' of \(name) has the wrong type (expected a text; got \(item.shown))"
            problems.add(ManifestPlace(file: file, line: item.line), sentence)
            return nil
        }
    }

    /// A list of topic filters; a malformed one is reported.
    func filters(_ key: String) -> [TopicFilter]? {
        texts(key, of: "topic filters")?.compactMap { filter($0.text, line: $0.line) }
    }

    /// A topic filter, or `nil` after reporting why it is malformed.
    func filter(_ text: String, line: Int) -> TopicFilter? {
        do {
            return try TopicFilter(text)
        } catch {
            let hint = "expected levels between slashes, '+' for one and '#' for all that follow"
            problems.add(ManifestPlace(file: file, line: line), "\(error) (\(hint); got '\(text)')")
            return nil
        }
    }

    package func wrongType(_ key: String, expected: String) {
        let got = entries[key]?.value.shown ?? "nothing"
        report(key, "'\(key)' of \(name) has the wrong type (expected \(expected); got \(got))")
    }

    private func quantity(
        _ key: String, in range: ClosedRange<Int64>, form: String, parse: (String) -> Int64?, describe: (Int64) -> String
    ) -> Int64? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, _) = node.content, let value = parse(text) else {
            let unit = Int64(String(describing: node.shown.filter { $0 != "'" })) == nil ? "" : "; give a unit"
            report(key, "'\(key)' of \(name) is malformed (expected \(form); got \(node.shown)\(unit))")
            return nil
        }
        guard range.contains(value) else {
            let bounds = "\(describe(range.lowerBound)) … \(describe(range.upperBound))"
            report(key, "'\(key)' of \(name) is out of range (expected \(bounds); got \(text))")
            return nil
        }
        return value
    }

    /// `a, b or c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }
}
