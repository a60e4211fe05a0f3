/// The fields and tags that the sources of a SELECT have.
struct SourceSchema {
    private(set) var fields: [String: FieldType] = [:]
    private(set) var tags: Set<String> = []

    init(_ series: [SourceSeries]) {
        for series in series {
            for (name, column) in series.fields where fields[name] == nil || column.type == .float {
                fields[name] = column.type
            }
            for tag in series.tags { tags.insert(tag.key) }
        }
    }

    /// The keys of GROUP BY, sorted, each once.
    func dimensions(_ expressions: [Expression]) -> [String] {
        var keys: Set<String> = []
        for expression in expressions {
            switch expression {
            case .variable(let name, _): keys.insert(name)
            case .regex(let regex): keys.formUnion(tags.filter(regex.matches))
            case .wildcard: keys.formUnion(tags)
            default: break
            }
        }
        return keys.sorted()
    }

    /// The fields with `*` and regular expressions replaced by the names that they stand for.
    func expand(_ selected: [SelectField], dimensions: Set<String>) -> [SelectField] {
        selected.flatMap { field -> [SelectField] in
            switch field.expression {
            case .wildcard(let type):
                return names(dimensions) { (_, isTag) in type == nil || (type == .tag) == isTag }
            case .regex(let regex): return names(dimensions) { (name, _) in regex.matches(name) }
            case .call(let call): return expand(call, field)
            default: return [field]
            }
        }
    }

    private func names(_ dimensions: Set<String>, _ accepts: (String, Bool) -> Bool) -> [SelectField] {
        let own = fields.keys.filter { accepts($0, false) }.map { (name: $0, type: DeclaredType.field) }
        let others = tags.filter { !dimensions.contains($0) && accepts($0, true) }.map { (name: $0, type: DeclaredType.tag) }
        return (own + others).sorted { $0.name < $1.name }.map {
            SelectField(expression: .variable($0.name, $0.type), alias: nil)
        }
    }

    /// `mean(*)` and `derivative(mean(/x/))`, one for each field of a type that the function takes.
    private func expand(_ call: FunctionCall, _ field: SelectField) -> [SelectField] {
        var innermost = call
        while case .call(let inner)? = innermost.arguments.first { innermost = inner }
        let accepts: (String) -> Bool
        switch innermost.arguments.first {
        case .wildcard(let type)?:
            if type == .tag { return [] }
            accepts = { _ in true }
        case .regex(let regex)?: accepts = regex.matches
        default: return [field]
        }
        let types: Set<FieldType> =
            switch innermost.name {
            case "count", "first", "last", "distinct", "elapsed", "mode", "sample": [.float, .integer, .boolean, .text]
            case "min", "max": [.float, .integer, .boolean]
            default: [.float, .integer]
            }
        return fields.filter { types.contains($0.value) && accepts($0.key) }.keys.sorted().map { name in
            SelectField(
                expression: .call(call.replacingInnermost(.variable(name, .field))),
                alias: (field.alias ?? call.name) + "_" + name)
        }
    }
}

extension FunctionCall {
    fileprivate func replacingInnermost(_ expression: Expression) -> FunctionCall {
        var copy = self
        if case .call(let inner)? = arguments.first {
            copy.arguments[0] = .call(inner.replacingInnermost(expression))
        } else {
            copy.arguments[0] = expression
        }
        return copy
    }
}
