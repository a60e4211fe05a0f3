internal import Glibc

/// After the call: whether it failed, and what came out.
extension NativeFunction {
    func checkError(_ frame: CallFrame, errno code: Int32, describe: (Int, Int128) -> String?) throws(ForeignFault) {
        guard let rule = function.error else { return }
        let place = rule.parameter.map { UnsafeRawPointer(frame.targets[$0].unsafelyUnwrapped.bytes) } ?? UnsafeRawPointer(frame.result)
        let seen: Value
        switch (rule.parameter.map { function.parameters[$0].type }, function.result) {
        case (.reference(_, let scalar), _), (nil, .scalar(let scalar)): seen = scalar.load(from: place)
        case (nil, .handle), (nil, .text): seen = .integer(Int128(place.load(as: UInt.self)))
        default: seen = .null
        }
        let failed =
            switch rule.when {
            case .errno: code != 0
            case .nonzero: seen.number != 0
            case .zero: seen.number == 0
            case .negative: (seen.number ?? 0) < 0
            }
        guard failed else { return }
        var sentence = "'\(function.name)' reported an error"
        if rule.when != .errno { sentence += ": \(rule.parameter.map { function.parameters[$0].name } ?? "the result") is \(seen.shown)" }
        if let text = rule.text, case .integer(let number) = seen, let words = describe(text, number) { sentence += ", \(words)" }
        if code != 0 { sentence += " (errno \(code): \(String(cString: strerror(code))))" }
        throw .function(sentence)
    }

    func take(_ frame: CallFrame, into outcome: inout Outcome) throws(ForeignFault) {
        do throws(ForeignFault) { outcome.returned = try returned(frame) } catch { throw error.within("the result of '\(function.name)'") }
        for (index, parameter) in function.parameters.enumerated() where parameter.type.writes {
            do throws(ForeignFault) { outcome.outputs[index] = try output(index, parameter.type, frame) } catch {
                throw error.within("'\(parameter.name)' of '\(function.name)'")
            }
        }
    }

    private func returned(_ frame: CallFrame) throws(ForeignFault) -> Value {
        switch function.result {
        case .nothing, .pointer: return .null
        case .scalar(let scalar): return try finite(scalar.load(from: frame.result))
        case .text:
            guard let text = frame.result.load(as: UnsafePointer<CChar>?.self) else { return .null }
            return .text(try NativeText.decode(UnsafeRawBufferPointer(start: text, count: strlen(text)), isLatin1: isLatin1))
        case .handle(let type): return try handle(type, at: frame.result)
        case .structure(let type): return try load(type, from: frame.result)
        }
    }

    private func output(_ index: Int, _ type: ParameterType, _ frame: CallFrame) throws(ForeignFault) -> Value {
        let target = frame.targets[index].unsafelyUnwrapped
        switch type {
        case .reference(_, let scalar): return try finite(scalar.load(from: target.bytes))
        case .array(_, let scalar, let dimensions, let isColumnMajor):
            let (rows, columns) = frame.extents[index]
            return try array(target.bytes, scalar, rows, dimensions.count > 1 ? columns : nil, isColumnMajor)
        case .buffer:
            let bytes = UnsafeRawBufferPointer(start: target.bytes, count: target.count)
            if function.isFortran { return .text(try NativeText.decodePadded(bytes, isLatin1: isLatin1)) }
            guard let end = bytes.firstIndex(of: 0) else { throw .function("expected a text with a final NUL in \(bytes.count) bytes; got none") }
            return .text(try NativeText.decode(UnsafeRawBufferPointer(rebasing: bytes[..<end]), isLatin1: isLatin1))
        case .structureReference(_, let type): return try load(type, from: target.bytes)
        case .handleReference(let type): return try handle(type, at: target.bytes)
        default: return .null
        }
    }

    private func finite(_ value: Value) throws(ForeignFault) -> Value {
        if !function.allowsNaN, case .number(let number) = value, !number.isFinite { throw .function("expected a finite number; got \(number)") }
        return value
    }

    private func handle(_ type: String, at place: UnsafeMutableRawPointer) throws(ForeignFault) -> Value {
        let address = place.load(as: UInt.self)
        guard address != 0 else { throw .function("expected a handle of type \(type); got NULL") }
        return .handle(Value.Handle(type: type, address: address))
    }

    private func array(
        _ bytes: UnsafeMutableRawPointer, _ scalar: Scalar, _ rows: Int, _ columns: Int?, _ isColumnMajor: Bool
    ) throws(ForeignFault) -> Value {
        guard let columns else {
            guard scalar == .double else {
                var items: [Value] = []
                for row in 0..<rows { items.append(try finite(scalar.load(from: bytes + row * scalar.size))) }
                return .list(items)
            }
            let numbers = Array(UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: Double.self), count: rows))
            if !function.allowsNaN, let odd = numbers.first(where: { !$0.isFinite }) { throw .function("expected finite numbers; got \(odd)") }
            return .numbers(numbers)
        }
        var lines: [Value] = []
        for row in 0..<rows {
            var line: [Value] = []
            for column in 0..<columns {
                let place = isColumnMajor ? column * rows + row : row * columns + column
                line.append(try finite(scalar.load(from: bytes + place * scalar.size)))
            }
            lines.append(.list(line))
        }
        return .list(lines)
    }

    private func load(_ type: StructType, from place: UnsafeRawPointer) throws(ForeignFault) -> Value {
        var members: [(key: String, value: Value)] = []
        for member in type.members {
            members.append((member.name, try load(member.type, from: place + member.offset)))
        }
        return .object(members)
    }

    private func load(_ type: MemberType, from place: UnsafeRawPointer) throws(ForeignFault) -> Value {
        switch type {
        case .scalar(let scalar): return try finite(scalar.load(from: place))
        case .array(let scalar, let count):
            var items: [Value] = []
            for index in 0..<count { items.append(try finite(scalar.load(from: place + index * scalar.size))) }
            return .list(items)
        case .text(let capacity):
            let bytes = UnsafeRawBufferPointer(start: place, count: capacity)
            return .text(try NativeText.decode(UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 }), isLatin1: isLatin1))
        case .structure(let inner): return try load(inner, from: place)
        case .handle(let name): return .handle(Value.Handle(type: name, address: place.loadUnaligned(as: UInt.self)))
        case .callback, .pointer: return .null
        }
    }
}
