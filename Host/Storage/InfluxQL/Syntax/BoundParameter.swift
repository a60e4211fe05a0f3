/// The value of a `$name` in a query, given beside it as JSON; it takes the place of one token and so cannot change the
/// structure of the statement.
struct BoundParameter: Sendable, Hashable {
    let kind: Token.Kind
    let text: String

    /// The parameters in a JSON object: numbers, strings, booleans, and `{"regex": …}`, `{"identifier": …}`,
    /// `{"duration": …}`, `{"string": …}`, `{"integer": …}`, `{"float": …}`, `{"boolean": …}`.
    static func parse(_ json: String) throws(InfluxQLError) -> [String: BoundParameter] {
        guard case .object(let members)? = JSONValue(json) else {
            throw .syntax("error parsing query parameters: expected a JSON object of parameter names and values")
        }
        var parameters: [String: BoundParameter] = [:]
        for (name, value) in members { parameters[name] = try BoundParameter(value, name: name) }
        return parameters
    }

    private init(kind: Token.Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    private init(_ value: JSONValue, name: String) throws(InfluxQLError) {
        switch value {
        case .string(let text): self.init(kind: .string, text: text)
        case .boolean(let value): self.init(kind: .boolean(value), text: "")
        case .number(let text):
            self.init(kind: text.contains { ".eE".contains($0) } ? .number : .integer, text: text)
        case .object(let members):
            guard members.count == 1, let (type, inner) = members.first else {
                throw .syntax("error parsing query parameters: bound object parameter value must have exactly one entry")
            }
            self = try Self.typed(type, inner, name: name)
        default: throw .syntax("error parsing query parameters: unable to bind parameter \(name)")
        }
    }

    private static func typed(_ type: String, _ value: JSONValue, name: String) throws(InfluxQLError) -> BoundParameter {
        switch (type, value) {
        case ("string", .string(let text)): return BoundParameter(kind: .string, text: text)
        case ("identifier", .string(let text)): return BoundParameter(kind: .identifier, text: text)
        case ("regex", .string(let text)): return BoundParameter(kind: .regex, text: text)
        case ("duration", .string(let text)): return BoundParameter(kind: .duration, text: text)
        case ("duration", .number(let text)): return BoundParameter(kind: .duration, text: text + "ns")
        case ("integer", .number(let text)): return BoundParameter(kind: .integer, text: text)
        case ("float", .number(let text)): return BoundParameter(kind: .number, text: text)
        case ("boolean", .boolean(let value)): return BoundParameter(kind: .boolean(value), text: "")
        default: throw .syntax("error parsing query parameters: unable to bind parameter \(name) as \(type)")
        }
    }
}
