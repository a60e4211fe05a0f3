/// One thing that a service sent out.
enum ShadowOutput: Sendable {
    case message(Reading)
    case point(time: Int64, value: Value)

    /// A payload, and what it says if it is JSON.
    struct Reading: Sendable {
        let payload: [UInt8]
        /// Without the members that the manifest passes over.
        let json: ConfigValue?
    }

    enum Value: Hashable, Sendable {
        case number(Double)
        case integer(Int64)
        case boolean(Bool)
        case text(String)
    }

    /// For a person, cut where it is long.
    var shown: String {
        switch self {
        case .message(let reading): String(String(decoding: reading.payload.prefix(400), as: UTF8.self))
        case .point(let time, .number(let value)): "\(value) at \(TimeOfDay.text(time))"
        case .point(let time, .integer(let value)): "\(value) at \(TimeOfDay.text(time))"
        case .point(let time, .boolean(let value)): "\(value) at \(TimeOfDay.text(time))"
        case .point(let time, .text(let value)): "'\(value.prefix(200))' at \(TimeOfDay.text(time))"
        }
    }
}

/// When two outputs count as the same.
struct OutputRule: Sendable {
    /// Relative to the larger of two numbers.
    let tolerance: Double
    /// Members of JSON objects that are passed over.
    let ignore: Set<String>

    /// A payload as it is compared.
    func reading(_ payload: [UInt8]) -> ShadowOutput.Reading {
        guard let first = payload.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "["), let json = try? JSONReader.parse(payload) else {
            return ShadowOutput.Reading(payload: payload, json: nil)
        }
        return ShadowOutput.Reading(payload: payload, json: without(json))
    }

    /// Whether two outputs are about the same: points of one time, or messages that are equal.
    func isCounterpart(_ left: ShadowOutput, _ right: ShadowOutput) -> Bool {
        if case .point(let one, _) = left, case .point(let other, _) = right { return one == other }
        return areEqual(left, right)
    }

    func areEqual(_ left: ShadowOutput, _ right: ShadowOutput) -> Bool {
        switch (left, right) {
        case (.message(let left), .message(let right)):
            if left.payload == right.payload { return true }
            if let one = left.json, let other = right.json { return areEqual(one, other) }
            guard let one = Self.number(left.payload), let other = Self.number(right.payload) else { return false }
            return areEqual(one, other)
        case (.point(_, .number(let left)), .point(_, .number(let right))): return areEqual(left, right)
        case (.point(_, let left), .point(_, let right)): return left == right
        default: return false
        }
    }

    private func areEqual(_ left: ConfigValue, _ right: ConfigValue) -> Bool {
        switch (left, right) {
        case (.list(let left), .list(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { areEqual($0, $1) }
        case (.object(let left), .object(let right)):
            let one = left.sorted { $0.key < $1.key }, other = right.sorted { $0.key < $1.key }
            return one.count == other.count && zip(one, other).allSatisfy { $0.key == $1.key && areEqual($0.value, $1.value) }
        default:
            if let one = Self.number(left), let other = Self.number(right) { return areEqual(one, other) }
            return left == right
        }
    }

    private func areEqual(_ left: Double, _ right: Double) -> Bool {
        if left == right || (left.isNaN && right.isNaN) { return true }
        return abs(left - right) <= tolerance * max(abs(left), abs(right))
    }

    private func without(_ value: ConfigValue) -> ConfigValue {
        if ignore.isEmpty { return value }
        switch value {
        case .list(let items): return .list(items.map(without))
        case .object(let members):
            return .object(members.filter { !ignore.contains($0.key) }.map { .init(key: $0.key, value: without($0.value)) })
        default: return value
        }
    }

    private static func number(_ value: ConfigValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// What a payload says if it is a number alone.
    static func number(_ payload: [UInt8]) -> Double? {
        payload.count <= 40 ? Double(String(decoding: payload, as: UTF8.self)) : nil
    }
}

extension ValueBuffers {
    /// A copy of one value.
    func value(at index: Int) -> ShadowOutput.Value {
        switch self {
        case .float(let values): .number(values[index])
        case .integer(let values): .integer(values[index])
        case .boolean(let values): .boolean(values[index] != 0)
        case .text(let values): .text(String(decoding: values[index], as: UTF8.self))
        }
    }
}
