internal import PluginAPI

/// `functions` and `callbacks`.
extension DescriptionReader {
    private enum Language: String, CaseIterable { case c, fortran }
    private enum NaNPolicy: String, CaseIterable { case refuse, allow }

    private static let functionKeys = ["symbol", "language", "parameters", "returns", "error", "nan"]

    /// Reads the functions, then the callbacks, whose expressions may call functions.
    func readFunctions(_ section: SectionMapping) {
        let callbacks = section.mapping("callbacks", name: "callbacks")
        let functions = section.mapping("functions", name: "functions")
        if functions.entries.isEmpty {
            problems.add(section.line(of: "functions"), "foreign describes no functions (expected functions with their types; got none; add them)")
        }
        var rules: [(function: Int, mapping: SectionMapping)] = []
        for entry in functions.entries {
            let given = SectionMapping(entry.value, name: "the function '\(entry.key)'", keys: Self.functionKeys, problems: problems)
            if given.has("error") { rules.append((description.functions.count, given)) }
            description.functions.append(function(entry, given))
        }
        for (index, mapping) in rules { description.functions[index].error = errorRule(mapping, of: description.functions[index]) }
        for entry in callbacks.entries { readCallback(entry) }
    }

    private func function(_ entry: SectionEntry, _ given: SectionMapping) -> ForeignDescription.Function {
        let isFortran = given.choice("language", or: Language.c) == .fortran
        let parameters = given.mapping("parameters", name: "the parameters of '\(entry.key)'").entries
        let names = parameters.map(\.key)
        let types = parameters.compactMap { parameter in
            text(of: parameter.value, as: "the type of '\(parameter.key)'")
                .flatMap { parameterType($0, line: parameter.line, names: names, isFortran: isFortran) }
                .map { ForeignDescription.Parameter(name: parameter.key, type: $0) }
        }
        // Compilers of Fortran write a name in lower case with one underscore behind it, if it isn't bound to C.
        let symbol = given.text("symbol", expected: "the symbol that the library exports") ?? (isFortran ? entry.key.lowercased() + "_" : entry.key)
        let result = given.text("returns", expected: "a type, or void").flatMap { resultType($0, line: given.line(of: "returns")) }
        if !given.has("returns"), !isFortran {
            problems.add(entry.line, "the function '\(entry.key)' lacks the key 'returns' (expected a type, or void; got nothing; add the key)")
        }
        let function = ForeignDescription.Function(
            name: entry.key, symbol: symbol, line: entry.line, parameters: types, result: result ?? .nothing, isFortran: isFortran,
            allowsNaN: given.choice("nan", or: NaNPolicy.refuse) == .allow, error: nil)
        if types.count == parameters.count { checkLengths(function) }
        return function
    }

    /// A length is a whole number that goes in.
    private func checkLengths(_ function: ForeignDescription.Function) {
        for parameter in function.parameters {
            for case .parameter(let index) in parameter.type.dimensions {
                let length = function.parameters[index]
                switch length.type {
                case .scalar(let scalar) where scalar.range != nil: continue
                case .reference(let direction, let scalar) where direction.reads && scalar.range != nil: continue
                default:
                    problems.add(
                        function.line,
                        "the length '\(length.name)' of '\(parameter.name)' of '\(function.name)' is not a whole number that goes in (expected a type "
                            + "such as int; got another)")
                }
            }
        }
    }

    private func errorRule(_ mapping: SectionMapping, of function: ForeignDescription.Function) -> ForeignDescription.ErrorRule? {
        typealias When = ForeignDescription.ErrorRule.When
        if case .scalar(let word, _) = mapping.node("error")?.content {
            let when = mapping.choice("error", or: When.errno)
            guard When(rawValue: word) != nil else { return nil }
            return checked(ForeignDescription.ErrorRule(when: when, parameter: nil), of: function, mapping)
        }
        let name = "error of '\(function.name)'"
        let given = mapping.mapping("error", name: name, keys: ["when", "parameter", "text"])
        guard given.required("when", expected: SectionMapping.list(When.allCases.map(\.rawValue))) != nil else { return nil }
        var rule = ForeignDescription.ErrorRule(when: given.choice("when", or: When.errno), parameter: parameterIndex(given, of: function))
        if let text = given.text("text", expected: "the name of a function") {
            rule.text = functionIndex(text)
            let isFitting = rule.text.map { index in
                let maker = description.functions[index]
                guard case .text = maker.result, maker.parameters.count == 1, case .scalar(let scalar) = maker.parameters[0].type else { return false }
                return scalar.range != nil
            }
            if isFitting != true {
                given.report(
                    "text", "'text' of \(name) is not acceptable (expected a described function that takes one whole number and returns string; got '\(text)')")
            }
        }
        return checked(rule, of: function, given)
    }

    private func parameterIndex(_ given: SectionMapping, of function: ForeignDescription.Function) -> Int? {
        guard let word = given.text("parameter", expected: "the name of a parameter that comes out") else { return nil }
        let index = function.parameters.firstIndex { $0.name == word && $0.type.writes }
        if index == nil {
            given.report("parameter", "'parameter' of \(given.name) is not known (expected a parameter that comes out; got '\(word)')")
        }
        return index
    }

    /// Refuses a rule that can't be applied to what it looks at.
    private func checked(
        _ rule: ForeignDescription.ErrorRule, of function: ForeignDescription.Function, _ mapping: SectionMapping
    ) -> ForeignDescription.ErrorRule? {
        let isFitting: Bool
        switch (rule.when, rule.parameter, function.result) {
        case (.errno, _, _): isFitting = true
        case (.zero, nil, .handle), (.zero, nil, .text): isFitting = true
        case (_, .some(let index), _):
            if case .reference(_, let scalar) = function.parameters[index].type { isFitting = scalar.range != nil } else { isFitting = false }
        case (_, nil, .scalar(let scalar)): isFitting = scalar != .bool
        default: isFitting = false
        }
        if isFitting { return rule }
        mapping.report(
            "error",
            "the error '\(rule.when.rawValue)' can't be seen in '\(function.name)' (expected a number, zero also with a handle or string, or errno; "
                + "got another type)")
        return nil
    }

    private func readCallback(_ entry: SectionEntry) {
        let name = "the callback '\(entry.key)'"
        let given = SectionMapping(entry.value, name: name, keys: ["parameters", "returns", "context", "value", "log"], problems: problems)
        let parameters = given.mapping("parameters", name: "the parameters of \(name)").entries.compactMap { parameter in
            text(of: parameter.value, as: "the type of '\(parameter.key)'")
                .flatMap { callbackKind($0, line: parameter.line) }.map { (name: parameter.key, kind: $0) }
        }
        let returns = given.required("returns", expected: "a number's type, or void")
        let result = returns.flatMap { Scalar(rawValue: $0) }
        if let returns, result == nil, returns != "void" {
            given.report("returns", "the result '\(returns)' of \(name) is not known (expected a number's type, or void; got '\(returns)')")
        }
        let context = given.items("context", of: "names").compactMap { text(of: $0, as: "a name of the context") }.map(contextPlace)
        guard let body = body(given, name, parameters: parameters, context: context, result: result) else { return }
        description.callbacks.append(
            ForeignDescription.Callback(name: entry.key, parameters: parameters, result: result, context: context, body: body))
    }

    private func callbackKind(_ text: String, line: Int) -> ForeignDescription.Callback.Kind? {
        if let scalar = Scalar(rawValue: text) { return .scalar(scalar) }
        if text.hasPrefix("in "), let scalar = Scalar(rawValue: String(text.dropFirst(3))) { return .reference(scalar) }
        if text == "string" { return .text }
        if text == "pointer" { return .pointer }
        problems.add(line, "the type '\(text)' is not known in a callback (expected a number's type, 'in' and one, string or pointer; got '\(text)')")
        return nil
    }

    private func body(
        _ given: SectionMapping, _ name: String, parameters: [(name: String, kind: ForeignDescription.Callback.Kind)], context: [Int], result: Scalar?
    ) -> ForeignDescription.Callback.Body? {
        switch (given.has("value"), given.has("log")) {
        case (false, true):
            let word = given.text("log", expected: "a level") ?? ""
            if result == nil, let level = Log.Level.allCases.first(where: { "\($0)" == word }) { return .log(level) }
            given.report(
                "log", "'log' of \(name) is not acceptable (expected \(SectionMapping.list(Log.Level.allCases.map { "\($0)" })), in a callback that returns void; got '\(word)')")
            return nil
        case (true, false):
            guard let text = given.text("value", expected: "an expression") else { return nil }
            let names = parameters.map(\.name) + context.map { description.contextNames[$0] }
            let known = ExpressionParser.Names(variable: { names.firstIndex(of: $0) }, function: arithmeticFunction)
            do throws(ExpressionParser.Malformed) { return .value(try ExpressionParser.parse(text, names: known)) } catch {
                given.report("value", error.sentence)
                return nil
            }
        case (let both, _):
            problems.add(given.line, "\(name) does not say what it does (expected value or log; got \(both ? "both" : "neither"))")
            return nil
        }
    }

    /// A function that an expression may call.
    func arithmeticFunction(_ name: String) -> (index: Int, parameterCount: Int)? {
        guard let index = functionIndex(name), description.functions[index].isArithmetic else { return nil }
        return (index, description.functions[index].operands.count)
    }

    /// The place of a name among those that are bound to callbacks.
    private func contextPlace(_ name: String) -> Int {
        if let known = description.contextNames.firstIndex(of: name) { return known }
        description.contextNames.append(name)
        return description.contextNames.count - 1
    }
}
