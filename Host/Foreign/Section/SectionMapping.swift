/// Reads the keys of one mapping of the section, and reports what is wrong with each. Getters return nil after a report, so that reading
/// goes on.
struct SectionMapping {
    /// How the mapping is called in sentences: `the function 'hypot'`.
    let name: String
    let line: Int
    let entries: [SectionEntry]
    let problems: SectionProblems

    /// - Parameter keys: all keys that it may have; nil if they are names of the author's choice.
    init(_ node: SectionNode, name: String, keys: [String]?, problems: SectionProblems) {
        self.name = name
        self.line = node.line
        self.problems = problems
        let expected = keys.map { "a mapping with \(Self.list($0))" } ?? "a mapping of names"
        guard case .mapping(let given) = node.content else {
            if !node.isNothing { problems.add(node.line, "\(name) has the wrong type (expected \(expected); got \(node.shown))") }
            entries = []
            return
        }
        guard let keys else {
            entries = given
            return
        }
        entries = given.filter { keys.contains($0.key) }
        for entry in given where !keys.contains(entry.key) {
            problems.add(entry.line, "unknown key '\(entry.key)' in \(name) (expected \(Self.list(keys)); got '\(entry.key)')")
        }
    }

    /// An empty mapping, for a key that is not given.
    init(empty name: String, line: Int, problems: SectionProblems) {
        self.init(SectionNode(line: line, content: .mapping([])), name: name, keys: [], problems: problems)
    }

    func has(_ key: String) -> Bool { node(key) != nil }
    func node(_ key: String) -> SectionNode? { entries.first { $0.key == key }?.value }
    func line(of key: String) -> Int { node(key)?.line ?? line }
    func report(_ key: String, _ sentence: String) { problems.add(line(of: key), sentence) }

    func text(_ key: String, expected: String) -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, _) = node.content, !node.isNothing, !text.isEmpty else {
            report(key, "'\(key)' of \(name) has the wrong type (expected \(expected); got \(node.shown))")
            return nil
        }
        return text
    }

    func required(_ key: String, expected: String) -> String? {
        if !has(key) { problems.add(line, "\(name) lacks the key '\(key)' (expected \(expected); got nothing; add the key)") }
        return text(key, expected: expected)
    }

    /// One of some words, or the default.
    func choice<Value: RawRepresentable<String> & CaseIterable>(_ key: String, or standard: Value) -> Value {
        let words = Value.allCases.map(\.rawValue)
        guard let text = text(key, expected: Self.list(words)) else { return standard }
        if let value = Value(rawValue: text) { return value }
        report(key, "'\(key)' of \(name) has an unknown value (expected \(Self.list(words)); got '\(text)')")
        return standard
    }

    func boolean(_ key: String) -> Bool {
        guard let text = text(key, expected: "true or false") else { return false }
        if text != "true" && text != "false" { report(key, "'\(key)' of \(name) has the wrong type (expected true or false; got '\(text)')") }
        return text == "true"
    }

    func whole(_ key: String, in range: ClosedRange<Int>, or standard: Int) -> Int {
        guard let text = text(key, expected: "a whole number") else { return standard }
        if let value = Int(text), range.contains(value) { return value }
        report(key, "'\(key)' of \(name) is not acceptable (expected a whole number \(range.lowerBound) … \(range.upperBound); got '\(text)')")
        return standard
    }

    func number(_ key: String) -> Double? {
        guard let text = text(key, expected: "a number") else { return nil }
        if let value = Double(text), value.isFinite { return value }
        report(key, "'\(key)' of \(name) has the wrong type (expected a number; got '\(text)')")
        return nil
    }

    /// A duration in nanoseconds, such as `500ms`, `5s`, `10m`, `1h` or `7d`.
    func duration(_ key: String) -> Int64? {
        let form = "a duration such as 500ms, 5s, 10m, 1h or 7d"
        guard let text = text(key, expected: form) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = [
            "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000,
        ]
        if let count = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] {
            let (product, overflows) = count.multipliedReportingOverflow(by: unit)
            if !overflows, product > 0 { return product }
        }
        report(key, "'\(key)' of \(name) is malformed (expected \(form); got '\(text)')")
        return nil
    }

    func items(_ key: String, of what: String) -> [SectionNode] {
        guard let node = node(key), !node.isNothing else { return [] }
        if case .list(let items) = node.content { return items }
        report(key, "'\(key)' of \(name) has the wrong type (expected a list of \(what); got \(node.shown))")
        return []
    }

    /// A mapping below a key; empty if it is not given.
    func mapping(_ key: String, name: String, keys: [String]? = nil) -> SectionMapping {
        guard let node = node(key) else { return SectionMapping(empty: name, line: line, problems: problems) }
        return SectionMapping(node, name: name, keys: keys, problems: problems)
    }

    /// `a, b or c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "nothing" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }
}
