/// Where values come from: a literal, a reference such as `$message.power`, an expression such as `= $message.power * 1000`, or a text with
/// references in braces, `estimates/{$topic.1}`.
extension DescriptionReader {
    private static let forms = "$message.FIELD, $payload, $topic, $topic.LEVEL, $config.KEY, $result.CALL, $series.NAME, $time or $symbol.NAME"

    func source(_ node: SectionNode, in scope: Scope) -> Source? {
        switch node.content {
        case .list(let items):
            let sources = items.compactMap { source($0, in: scope) }
            let literals = sources.compactMap { if case .literal(let value) = $0 { value } else { nil } }
            return literals.count == sources.count ? .literal(.list(literals)) : .list(sources)
        case .mapping(let entries):
            let members = entries.compactMap { entry in source(entry.value, in: scope).map { (key: entry.key, source: $0) } }
            let literals = members.compactMap { member in if case .literal(let value) = member.source { (key: member.key, value: value) } else { nil } }
            return literals.count == members.count ? .literal(.object(literals)) : .object(members)
        case .scalar(let text, let isPlain):
            if text.hasPrefix("$$") { return .literal(.text(String(text.dropFirst()))) }
            if text.hasPrefix("$") { return reference(text, line: node.line, in: scope).map { .reference($0) } }
            if text.hasPrefix("=") { return expression(String(text.dropFirst()), line: node.line, in: scope) }
            if text.contains("{$") { return template(text, line: node.line, in: scope) }
            return .literal(isPlain ? Self.plain(text) : .text(text))
        }
    }

    /// A plain scalar by the core schema of YAML 1.2, infinities and NaN included.
    static func plain(_ text: String) -> Value {
        switch text {
        case "", "~", "null": return .null
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case ".nan": return .number(.nan)
        case ".inf": return .number(.infinity)
        case "-.inf": return .number(-.infinity)
        default: break
        }
        let numeric = text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) }
        guard numeric, text.utf8.contains(where: { $0 >= 0x30 && $0 <= 0x39 }) else { return .text(text) }
        if let integer = Int128(text) { return .integer(integer) }
        return Double(text).map { .number($0) } ?? .text(text)
    }

    private func expression(_ text: String, line: Int, in scope: Scope) -> Source? {
        var references: [Reference] = []
        var isSound = true
        let names = ExpressionParser.Names(
            variable: { [self] name in
                guard name.hasPrefix("$") else { return nil }
                if let found = reference(name, line: line, in: scope) { references.append(found) } else { isSound = false }
                return max(0, references.count - 1)
            }, function: arithmeticFunction)
        do throws(ExpressionParser.Malformed) {
            let parsed = try ExpressionParser.parse(text, names: names)
            return isSound ? .expression(parsed, references) : nil
        } catch {
            problems.add(line, error.sentence)
            return nil
        }
    }

    private func template(_ text: String, line: Int, in scope: Scope) -> Source? {
        var pieces: [Source] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                problems.add(line, "a brace of '\(text)' is not closed (expected '}'; got the end)")
                return nil
            }
            if open > rest.startIndex { pieces.append(.literal(.text(String(rest[..<open])))) }
            guard let found = reference(String(rest[rest.index(after: open)..<close]), line: line, in: scope) else { return nil }
            pieces.append(.reference(found))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { pieces.append(.literal(.text(String(rest)))) }
        return .template(pieces)
    }

    /// What stands behind a `$`, or nil after a report.
    func reference(_ text: String, line: Int, in scope: Scope) -> Reference? {
        let body = text.dropFirst()
        let root = body.prefix { $0 != "." && $0 != "[" }
        let rest = String(body.dropFirst(root.count).drop { $0 == "." })
        func refuse(_ why: String) -> Reference? {
            problems.add(line, "'\(text)' names nothing here (\(why); got '\(text)')")
            return nil
        }
        switch root {
        case "message": return messageField(rest, in: scope) ?? refuse("expected a field of the message, as in $message.readings.0.data, under messages")
        case "payload", "topic":
            guard scope.fields != nil else { return refuse("expected a message, which only the work under messages has") }
            if root == "payload" { return rest.isEmpty ? .payload : refuse("expected $payload alone") }
            if rest.isEmpty { return .topic(nil) }
            return Int(rest).flatMap { $0 >= 0 && $0 < 128 ? .topic($0) : nil } ?? refuse("expected the number of a level, from 0")
        case "config": return FieldPath(rest).flatMap { $0.steps.isEmpty ? nil : .config($0) } ?? refuse("expected the path of a value under config")
        case "result": return outcome(rest, in: scope) ?? refuse("expected a call before this one and one of its parameters that come out: \(SectionMapping.list(scope.outcomes.keys.sorted()))")
        case "series": return seriesReference(rest, in: scope) ?? refuse("expected one of those under series, in work: \(SectionMapping.list(description.series.map(\.name)))")
        case "time":
            guard scope.isWork else { return refuse("expected work under messages or timers, which alone has a time") }
            let form = rest.isEmpty ? .text : Reference.TimeForm(rawValue: rest)
            return form.map { .time($0) } ?? refuse("expected \(SectionMapping.list(Reference.TimeForm.allCases.map { "$time.\($0.rawValue)" }))")
        case "symbol": return rest.isEmpty ? refuse("expected the name of a variable that the library exports") : .symbol(rest)
        default: return refuse("expected \(Self.forms)")
        }
    }

    private func messageField(_ path: String, in scope: Scope) -> Reference? {
        guard scope.fields != nil, let path = FieldPath(path), let slot = scope.fields?.slot(for: path) else { return nil }
        return .message(slot, path.text)
    }

    private func outcome(_ rest: String, in scope: Scope) -> Reference? {
        guard let path = FieldPath(rest), case .key(let call) = path.steps.first, let (outcome, index) = scope.outcomes[call] else { return nil }
        let function = description.functions[index]
        let more = path.steps.dropFirst()
        if case .key(let name) = more.first, let parameter = function.parameters.firstIndex(where: { $0.name == name && $0.type.writes }) {
            return .outcome(outcome, .parameter(parameter), Array(more.dropFirst()))
        }
        switch function.result {
        case .nothing, .pointer: return nil
        case .structure(let type):
            if case .key(let member) = more.first, !type.members.contains(where: { $0.name == member }) { return nil }
        default: if !more.isEmpty { return nil }
        }
        return .outcome(outcome, .returned, Array(more))
    }

    private func seriesReference(_ rest: String, in scope: Scope) -> Reference? {
        let wantsTimes = rest.hasSuffix(".times")
        let name = wantsTimes ? String(rest.dropLast(6)) : rest
        guard scope.allowsSeries, let index = description.series.firstIndex(where: { $0.name == name }) else { return nil }
        if !scope.series.contains(index) { scope.series.append(index) }
        return .series(index, times: wantsTimes)
    }
}
