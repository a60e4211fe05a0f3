extension Expression {
    /// Whether a listed tag value passes the comparisons with `value` in this condition; all else counts as true.
    func acceptsListed(_ text: String) -> Bool {
        switch self {
        case .parenthesised(let inner): return inner.acceptsListed(text)
        case .binary(.and, let left, let right): return left.acceptsListed(text) && right.acceptsListed(text)
        case .binary(.or, let left, let right) where comparesListedValue:
            return left.acceptsListed(text) || right.acceptsListed(text)
        case .binary(let symbol, .variable("value", _), .string(let other)):
            return ValueOperation.apply(symbol, .text(text), .text(other)).isTrue
        case .binary(let symbol, .variable("value", _), .regex(let regex)):
            return regex.matches(text) == (symbol == .matches)
        default: return true
        }
    }

    /// The condition without the comparisons with `value`.
    var withoutListedValue: Expression? {
        switch self {
        case .parenthesised(let inner): return inner.withoutListedValue.map { .parenthesised($0) }
        case .binary(let symbol, let left, let right) where symbol == .and || symbol == .or:
            guard let left = left.withoutListedValue else { return right.withoutListedValue }
            guard let right = right.withoutListedValue else { return left }
            return .binary(symbol, left, right)
        default: return comparesListedValue ? nil : self
        }
    }

    private var comparesListedValue: Bool {
        switch self {
        case .parenthesised(let inner): inner.comparesListedValue
        case .binary(.and, let left, let right), .binary(.or, let left, let right):
            left.comparesListedValue || right.comparesListedValue
        case .binary(_, .variable("value", _), .string), .binary(_, .variable("value", _), .regex): true
        default: false
        }
    }
}
