/// `golden`: calls whose outcome is known.
extension DescriptionReader {
    private static let vectorKeys = ["call", "arguments", "context", "expect", "tolerance", "fails"]

    func readVector(_ node: SectionNode) {
        let given = SectionMapping(node, name: "a golden vector", keys: Self.vectorKeys, problems: problems)
        guard let step = step(given, in: Scope(outcomes: startOutcomes)) else { return }
        let function = description.functions[step.function]
        let fails = given.boolean("fails")
        if fails, function.error == nil {
            given.report("fails", "a golden vector of '\(function.name)' can't fail (expected a function with the key 'error'; got none)")
        }
        var returned: Value?
        var outputs: [(parameter: Int, value: Value)] = []
        for entry in given.mapping("expect", name: "what is expected of '\(function.name)'").entries {
            guard case .literal(let value) = source(entry.value, in: Scope(outcomes: [:])) else {
                problems.add(entry.line, "what is expected of '\(function.name)' is not known beforehand (expected numbers and texts; got \(entry.value.shown))")
                continue
            }
            if entry.key == "return", !function.returnsNothing {
                returned = value
            } else if let index = function.parameters.firstIndex(where: { $0.name == entry.key && $0.type.writes }) {
                outputs.append((index, value))
            } else {
                let names = (function.returnsNothing ? [] : ["return"]) + function.parameters.filter(\.type.writes).map(\.name)
                problems.add(entry.line, "'\(entry.key)' does not come out of '\(function.name)' (expected \(SectionMapping.list(names)); got '\(entry.key)')")
            }
        }
        if returned == nil, outputs.isEmpty, !fails, !given.has("expect") {
            problems.add(given.line, "the golden vector of '\(function.name)' expects nothing (expected 'expect' or 'fails: true'; got neither; add one)")
        }
        let tolerance = given.number("tolerance") ?? 1e-9
        if tolerance < 0 { given.report("tolerance", "'tolerance' of a golden vector is negative (expected 0 or more; got \(tolerance))") }
        description.vectors.append(
            ForeignDescription.GoldenVector(step: step, returned: returned, outputs: outputs, tolerance: tolerance, fails: fails))
    }

    /// Whatever work calls must have been tried: a wrong signature is to show before the service runs.
    func checkVectors() {
        let tried = Set(description.vectors.filter { !$0.fails }.map(\.step.function))
        var reported: Set<Int> = []
        for step in description.work.flatMap(\.steps) where !tried.contains(step.function) && reported.insert(step.function).inserted {
            let name = description.functions[step.function].name
            problems.add(
                description.functions[step.function].line,
                "'\(name)' has no golden vector (expected a call under golden with a known outcome for each function that work calls; got none; add one)")
        }
    }
}

extension ForeignDescription.Function {
    var returnsNothing: Bool {
        switch result {
        case .nothing, .pointer: true
        default: false
        }
    }
}
