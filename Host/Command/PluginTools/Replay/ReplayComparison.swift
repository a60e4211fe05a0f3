internal import PluginAPI

/// Compares what a service did with what was expected, line by line; numbers may differ within a tolerance, unless both are written as whole
/// ones: those are counts, identifiers and times.
struct ReplayComparison {
    /// Relative above 1, absolute below.
    let tolerance: Double

    /// What differs first, with the line's number from 1; nil if nothing does.
    func firstDifference(expected: [String], got: [String]) -> String? {
        for (index, pair) in zip(expected, got).enumerated() {
            if pair.0 == pair.1 { continue }
            if let difference = difference(pair.0, pair.1) {
                return "line \(index + 1): \(difference)\n  expected \(pair.0)\n  got      \(pair.1)"
            }
        }
        if expected.count > got.count {
            return "line \(got.count + 1): expected \(expected.count) lines, got \(got.count)\n  expected \(expected[got.count])\n  got      nothing"
        }
        if got.count > expected.count {
            return "line \(expected.count + 1): expected \(expected.count) lines, got \(got.count)\n  expected nothing\n  got      \(got[expected.count])"
        }
        return nil
    }

    private func difference(_ expected: String, _ got: String) -> String? {
        guard let left = Self.json(expected), let right = Self.json(got) else { return "it is another text" }
        return difference(left, right, at: "")
    }

    /// Says where two values differ, by a JSON pointer (RFC 6901); nil if they are the same within the tolerance.
    private func difference(_ expected: JSONValue, _ got: JSONValue, at place: String) -> String? {
        switch (expected, got) {
        case (.object(let left), .object(let right)):
            for (key, value) in left {
                guard let other = got[key] else { return "\(place)/\(key) is missing" }
                if let found = difference(value, other, at: "\(place)/\(key)") { return found }
            }
            return right.first { expected[$0.key] == nil }.map { "\(place)/\($0.key) was not expected" }
        case (.array(let left), .array(let right)):
            guard left.count == right.count else { return "\(place) has \(right.count) elements, expected \(left.count)" }
            for (index, pair) in zip(left, right).enumerated() {
                if let found = difference(pair.0, pair.1, at: "\(place)/\(index)") { return found }
            }
            return nil
        case (.number(let left, let first), .number(let right, let second)):
            let isSame = first != nil && second != nil ? first == second : isNear(left, right)
            return isSame ? nil : "\(place) is \(right), expected \(left)\(tolerance > 0 ? " ± \(tolerance)" : "")"
        case (.text(let left), .text(let right)):
            return textDifference(left, right, at: place)
        case (.boolean(let left), .boolean(let right)): return left == right ? nil : "\(place) is \(right), expected \(left)"
        case (.null, .null): return nil
        default: return "\(place) is \(got.kind), expected \(expected.kind)"
        }
    }

    /// A payload is a text that mostly holds JSON or a number itself.
    private func textDifference(_ left: String, _ right: String, at place: String) -> String? {
        if left == right { return nil }
        guard let inner = Self.json(left), let other = Self.json(right) else { return "\(place) is another text" }
        return difference(inner, other, at: place)
    }

    private func isNear(_ left: Double, _ right: Double) -> Bool {
        left == right || abs(left - right) <= tolerance * max(1, abs(left), abs(right))
    }

    private static func json(_ text: String) -> JSONValue? {
        Array(text.utf8).withUnsafeBytes { try? JSONValue($0) }
    }
}
