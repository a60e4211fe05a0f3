import Glibc

/// The functions that map each value of a row.
enum MathFunction: String, Sendable {
    case abs, sin, cos, tan, asin, acos, atan, atan2, exp, log, ln, log2, log10, sqrt, pow, floor, ceil, round

    var argumentCount: Int {
        switch self {
        case .atan2, .log, .pow: 2
        default: 1
        }
    }

    /// Nothing for an argument that is no number or outside of the function's domain.
    func callAsFunction(_ arguments: [QueryValue]) -> QueryValue {
        guard arguments.count == argumentCount, let first = arguments[0].number else { return .null }
        if case .integer(let value) = arguments[0] {
            switch self {
            case .abs: return .integer(value < 0 ? 0 &- value : value)
            case .floor, .ceil, .round: return arguments[0]
            default: break
            }
        }
        let second = arguments.last?.number
        let value: Double? =
            switch self {
            case .abs: Swift.abs(first)
            case .sin: Glibc.sin(first)
            case .cos: Glibc.cos(first)
            case .tan: Glibc.tan(first)
            case .asin: Glibc.asin(first)
            case .acos: Glibc.acos(first)
            case .atan: Glibc.atan(first)
            case .atan2: second.map { Glibc.atan2(first, $0) }
            case .exp: Glibc.exp(first)
            case .log: second.map { Glibc.log(first) / Glibc.log($0) }
            case .ln: Glibc.log(first)
            case .log2: Glibc.log2(first)
            case .log10: Glibc.log10(first)
            case .sqrt: first.squareRoot()
            case .pow: second.map { Glibc.pow(first, $0) }
            case .floor: first.rounded(.down)
            case .ceil: first.rounded(.up)
            case .round: first.rounded(.toNearestOrAwayFromZero)
            }
        guard let value, value.isFinite else { return .null }
        return .float(value)
    }
}
