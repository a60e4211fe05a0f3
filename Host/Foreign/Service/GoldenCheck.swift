internal import PluginAPI

/// Tries a library with calls whose outcome is known, before it may work.
struct GoldenCheck {
    let engine: Engine
    let configuration: Value

    /// - Throws: what the first vector that fails shows, with its place.
    func run() throws(ServiceError) {
        for vector in engine.description.vectors {
            if let sentence = mismatch(of: vector) {
                throw .invalidConfiguration("\(engine.description.file):\(vector.step.line): golden vector: \(sentence)")
            }
        }
    }

    /// What is wrong with the outcome; nil if it is the expected one.
    private func mismatch(of vector: ForeignDescription.GoldenVector) -> String? {
        let function = engine.description.functions[vector.step.function]
        do throws(ForeignFault) { try engine.perform(vector.step, Circumstances(configuration: configuration)) } catch {
            return vector.fails && error.kind == .function ? nil : error.sentence
        }
        if vector.fails { return "'\(function.name)': expected an error; got none" }
        let outcome = engine.outcome(of: vector.step)
        if let expected = vector.returned, let (place, wanted, got) = Self.difference(expected, outcome.returned, vector.tolerance) {
            return "the result\(place) of '\(function.name)': expected \(wanted); got \(got)"
        }
        for (index, expected) in vector.outputs {
            guard let (place, wanted, got) = Self.difference(expected, outcome.outputs[index], vector.tolerance) else { continue }
            return "'\(function.parameters[index].name)\(place)' of '\(function.name)': expected \(wanted); got \(got)"
        }
        return nil
    }

    /// The first difference beyond the tolerance, absolute for numbers below 1 and relative above; nil if there is none.
    static func difference(_ expected: Value, _ got: Value, _ tolerance: Double) -> (place: String, expected: String, got: String)? {
        func isList(_ value: Value) -> Bool { value.count != nil }
        if isList(expected), isList(got), let count = expected.count {
            guard got.count == count else { return ("", expected.shown, got.shown) }
            for index in 0..<count {
                if let (place, wanted, found) = difference(expected.element(index), got.element(index), tolerance) { return (".\(index)\(place)", wanted, found) }
            }
            return nil
        }
        if case .object(let members) = expected {
            for (key, value) in members {
                guard let found = got.member(key) else { return (".\(key)", value.shown, "nothing") }
                if let (place, wanted, other) = difference(value, found, tolerance) { return (".\(key)\(place)", wanted, other) }
            }
            return nil
        }
        return isSame(expected, got, tolerance) ? nil : ("", expected.shown, got.shown)
    }

    private static func isSame(_ expected: Value, _ got: Value, _ tolerance: Double) -> Bool {
        switch (expected, got) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.text(let left), .text(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        default:
            if let left = expected.number, let right = got.number {
                left == right || (left.isNaN && right.isNaN) || Swift.abs(right - left) <= tolerance * max(1, Swift.abs(left))
            } else {
                false
            }
        }
    }
}
