/// Where a value stands in a JSON document: `readings[phase=A,measurand=voltmagnitude].data` or `points.0.x`.
struct FieldPath: Sendable {
    enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
        /// The first element of a list whose members have these texts or numbers.
        case select([Condition])
    }
    struct Condition: Hashable, Sendable {
        let key: String
        let text: String
    }
    let steps: [Step]
    let text: String

    /// Nil if the text is malformed. Keys hold letters, digits, `_`, `-`, `:` and `/`; a number is the index of a list.
    init?(_ text: String) {
        var steps: [Step] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]"), let step = Self.selector(rest[rest.index(after: rest.startIndex)..<end]) else { return nil }
                steps.append(step)
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(Int(name).map { .index($0) } ?? .key(String(name)))
                rest = rest.dropFirst(name.count)
            }
            if rest.first == "." {
                rest = rest.dropFirst()
                guard !rest.isEmpty, rest.first != "[" else { return nil }
            }
        }
        self.steps = steps
        self.text = text
    }

    private static func selector(_ text: Substring) -> Step? {
        let conditions = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Condition? in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let key = part[..<equals], value = part[part.index(after: equals)...]
            return key.isEmpty || value.isEmpty ? nil : Condition(key: String(key), text: String(value))
        }
        let complete = conditions.compactMap { $0 }
        return complete.count == conditions.count && !complete.isEmpty ? .select(complete) : nil
    }
}

extension Value {
    /// What stands at the end of some steps; nil if there is nothing.
    func following(_ steps: ArraySlice<FieldPath.Step>) -> Value? {
        guard let step = steps.first else { return self }
        let next: Value?
        switch step {
        case .key(let key): next = member(key)
        case .index(let index): next = (count ?? 0) > index && index >= 0 ? element(index) : member("\(index)")
        case .select(let conditions):
            guard case .list(let items) = self else { return nil }
            next = items.first { item in conditions.allSatisfy { item.member($0.key)?.plainText == $0.text } }
        }
        return next?.following(steps.dropFirst())
    }
}
