/// Calls of functions: under `start`, `stop`, `calls` and `golden`.
extension DescriptionReader {
    func step(_ node: SectionNode, in scope: Scope) -> ForeignDescription.Step? {
        step(SectionMapping(node, name: "a call", keys: ["call", "as", "arguments", "context"], problems: problems), in: scope)
    }

    /// Reads the keys of a call, which may stand among others.
    func step(_ given: SectionMapping, in scope: Scope) -> ForeignDescription.Step? {
        guard let name = given.required("call", expected: "the name of a function") else { return nil }
        guard let index = functionIndex(name) else {
            let known = SectionMapping.list(description.functions.map(\.name))
            given.report("call", "the function '\(name)' is not described (expected \(known); got '\(name)')")
            return nil
        }
        let function = description.functions[index]
        let arguments = arguments(given, of: function, in: scope)
        let context = context(given, of: function, in: scope)
        let outcome = description.outcomeCount
        description.outcomeCount += 1
        outcomeFunctions.append(index)
        let word = given.has("as") ? given.text("as", expected: "a name for the outcome") ?? name : name
        if given.has("as"), scope.outcomes[word] != nil {
            given.report("as", "the name '\(word)' is taken (expected a name of its own for this call's outcome; got that of another call)")
        }
        scope.outcomes[word] = (outcome, index)
        return ForeignDescription.Step(function: index, arguments: arguments, context: context, outcome: outcome, line: given.line)
    }

    private func arguments(_ given: SectionMapping, of function: ForeignDescription.Function, in scope: Scope) -> [Source?] {
        let arguments = given.mapping("arguments", name: "the arguments of '\(function.name)'")
        let lengths = Set(function.parameters.indices.filter { function.isInferredLength($0) })
        for entry in arguments.entries where !function.parameters.contains(where: { $0.name == entry.key && $0.type.reads }) {
            let known = SectionMapping.list(function.parameters.filter(\.type.reads).map(\.name))
            problems.add(entry.line, "'\(entry.key)' is no argument of '\(function.name)' (expected a parameter that goes in: \(known); got '\(entry.key)')")
        }
        return function.parameters.enumerated().map { index, parameter in
            guard parameter.type.reads else { return nil }
            guard let node = arguments.node(parameter.name) else {
                if !lengths.contains(index) {
                    problems.add(
                        given.line,
                        "the call of '\(function.name)' lacks the argument '\(parameter.name)' (expected a value for each parameter that goes in; got none)")
                }
                return nil
            }
            guard let source = source(node, in: scope) else { return nil }
            check(source, for: parameter, of: function, line: node.line)
            return source
        }
    }

    /// What can be told of an argument before there are values.
    private func check(_ source: Source, for parameter: ForeignDescription.Parameter, of function: ForeignDescription.Function, line: Int) {
        switch (parameter.type, source) {
        case (.handle(let type), .reference(.outcome(let outcome, let part, _))):
            let given = handleType(of: outcome, part).map { "'handle \($0)'" } ?? "no handle"
            guard given != "'handle \(type)'" else { return }
            problems.add(line, "the argument '\(parameter.name)' of '\(function.name)' does not fit (expected 'handle \(type)'; got \(given))")
        case (.handle, .reference): return
        case (.handle(let type), _):
            problems.add(line, "the argument '\(parameter.name)' of '\(function.name)' is no handle (expected $result of a call that gives 'handle \(type)', or $symbol; got something else)")
        case (.scalar(let scalar), .literal(let value)), (.reference(_, let scalar), .literal(let value)):
            withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { place in
                do throws(ForeignFault) {
                    try scalar.store(value, to: place.baseAddress.unsafelyUnwrapped, allowsNaN: function.allowsNaN)
                } catch {
                    problems.add(line, "the argument '\(parameter.name)' of '\(function.name)' does not fit (\(error.sentence))")
                }
            }
        default: return
        }
    }

    private func handleType(of outcome: Int, _ part: Reference.Part) -> String? {
        let function = description.functions[outcomeFunctions[outcome]]
        switch part {
        case .returned: if case .handle(let type) = function.result { return type }
        case .parameter(let index): if case .handleReference(let type) = function.parameters[index].type { return type }
        }
        return nil
    }

    private func context(
        _ given: SectionMapping, of function: ForeignDescription.Function, in scope: Scope
    ) -> [(place: Int, source: Source)] {
        var bound: [(place: Int, source: Source)] = []
        let context = given.mapping("context", name: "the context of '\(function.name)'")
        for entry in context.entries {
            guard let place = description.contextNames.firstIndex(of: entry.key) else {
                let known = SectionMapping.list(description.contextNames)
                problems.add(entry.line, "no callback has a context '\(entry.key)' (expected \(known); got '\(entry.key)')")
                continue
            }
            if let source = source(entry.value, in: scope) { bound.append((place, source)) }
            scope.context.insert(place)
        }
        for name in function.parameters.flatMap(\.type.callbacks) {
            for place in needed(by: name) where !scope.context.contains(place) {
                problems.add(
                    given.line,
                    "the call of '\(function.name)' lacks '\(description.contextNames[place])' in its context (expected what the callback '\(name)' needs; "
                        + "got nothing; add it under context)")
            }
        }
        return bound
    }

    private func needed(by callback: String) -> [Int] { description.callbacks.first { $0.name == callback }?.context ?? [] }
}

extension ForeignDescription.Function {
    /// Whether a parameter says how long an array is that goes in, so that the array itself tells it.
    func isInferredLength(_ index: Int) -> Bool {
        parameters.contains { parameter in
            guard case .array(let direction, _, let dimensions, _) = parameter.type, direction.reads else { return false }
            return dimensions.contains(.parameter(index))
        }
    }
}
