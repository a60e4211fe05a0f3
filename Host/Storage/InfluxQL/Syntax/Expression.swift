/// The type that a query asks of a name with `::`.
enum DeclaredType: String, Sendable, Hashable {
    case float, integer, unsigned, string, boolean, field, tag
}

/// An expression of InfluxQL, as parsed.
indirect enum Expression: Sendable, Hashable {
    case variable(String, DeclaredType?)
    case number(Double)
    case integer(Int64)
    case unsigned(UInt64)
    case string(String)
    case boolean(Bool)
    /// Nanoseconds.
    case duration(Int64)
    case regex(RegularExpression)
    case call(FunctionCall)
    case distinct(String)
    case binary(Operator, Expression, Expression)
    case parenthesised(Expression)
    /// `*`, `*::field` or `*::tag`.
    case wildcard(DeclaredType?)

    var isLiteral: Bool {
        switch self {
        case .number, .integer, .unsigned, .string, .boolean, .duration, .regex: true
        default: false
        }
    }
}

/// A function with its arguments; the name is in lower case.
struct FunctionCall: Sendable, Hashable {
    var name: String
    var arguments: [Expression]
}

extension Expression: CustomStringConvertible {
    var description: String {
        switch self {
        case .variable(let name, let type): InfluxQLText.quotedIdentifier(name) + (type.map { "::" + $0.rawValue } ?? "")
        case .number(let value): JSONText.number(value)
        case .integer(let value): String(value)
        case .unsigned(let value): String(value)
        case .string(let value): InfluxQLText.quotedString(value)
        case .boolean(let value): value ? "true" : "false"
        case .duration(let value): DurationText.format(value)
        case .regex(let value): "/" + value.pattern + "/"
        case .call(let call): call.description
        case .distinct(let name): "DISTINCT " + InfluxQLText.quotedIdentifier(name)
        case .binary(let symbol, let left, let right): "\(left) \(symbol.rawValue) \(right)"
        case .parenthesised(let inner): "(\(inner))"
        case .wildcard(let type): "*" + (type.map { "::" + $0.rawValue } ?? "")
        }
    }

    /// The column name of a field that has no alias.
    var columnName: String {
        switch self {
        case .variable(let name, _): return name
        case .call(let call): return call.name
        case .distinct: return "distinct"
        case .parenthesised(let inner): return inner.columnName
        case .binary:
            var names: [String] = []
            collectNames(into: &names)
            return names.joined(separator: "_")
        default: return ""
        }
    }

    private func collectNames(into names: inout [String]) {
        switch self {
        case .variable(let name, _): names.append(name)
        case .call(let call): names.append(call.name)
        case .binary(_, let left, let right):
            left.collectNames(into: &names)
            right.collectNames(into: &names)
        case .parenthesised(let inner): inner.collectNames(into: &names)
        default: break
        }
    }

    /// Every call in this expression, outermost first; the arguments of a call are not searched.
    var outermostCalls: [FunctionCall] {
        switch self {
        case .call(let call):
            MathFunction(rawValue: call.name) == nil ? [call] : call.arguments.flatMap(\.outermostCalls)
        case .distinct(let name): [FunctionCall(name: "distinct", arguments: [.variable(name, nil)])]
        case .binary(_, let left, let right): left.outermostCalls + right.outermostCalls
        case .parenthesised(let inner): inner.outermostCalls
        default: []
        }
    }

    /// Every name outside of calls.
    var plainVariables: [String] {
        switch self {
        case .variable(let name, _): [name]
        case .call(let call):
            MathFunction(rawValue: call.name) == nil ? [] : call.arguments.flatMap(\.plainVariables)
        case .binary(_, let left, let right): left.plainVariables + right.plainVariables
        case .parenthesised(let inner): inner.plainVariables
        default: []
        }
    }
}

extension FunctionCall: CustomStringConvertible {
    var description: String { name + "(" + arguments.map(\.description).joined(separator: ", ") + ")" }
}

/// The spelling of names and strings in InfluxQL.
enum InfluxQLText {
    /// A name, in double quotes if it is a reserved word or holds other characters than letters, digits and `_`.
    static func quotedIdentifier(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let isBare = scalars.first.map(\.startsIdentifier) == true && scalars.allSatisfy(\.continuesIdentifier)
            && Keyword.bySpelling[name.uppercased()] == nil
        return isBare ? name : "\"" + escaped(name, quote: "\"") + "\""
    }

    /// A string in single quotes.
    static func quotedString(_ text: String) -> String { "'" + escaped(text, quote: "'") + "'" }

    private static func escaped(_ text: String, quote: Character) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\n": result += "\\n"
            case "\\": result += "\\\\"
            case quote: result += "\\" + String(quote)
            default: result.append(character)
            }
        }
        return result
    }
}
