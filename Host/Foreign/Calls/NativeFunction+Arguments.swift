internal import Glibc

/// Before the call: what goes in, and how long it is.
extension NativeFunction {
    func put(_ frame: CallFrame) throws(ForeignFault) {
        for index in function.parameters.indices { try infer(index, frame) }
        var text = 0
        for (index, parameter) in function.parameters.enumerated() {
            do throws(ForeignFault) { try put(index, parameter.type, frame) } catch {
                throw error.within("the argument '\(parameter.name)' of '\(function.name)'")
            }
            if function.isFortran, parameter.type.isText {
                frame.setHiddenLength(text, frame.extents[index].rows)
                text += 1
            }
        }
    }

    /// Takes the lengths of an array that goes in, and gives them to the parameters that say them, or compares the two.
    private func infer(_ index: Int, _ frame: CallFrame) throws(ForeignFault) {
        guard case .array(let direction, _, let dimensions, _) = function.parameters[index].type, direction.reads, let value = frame.values[index] else {
            return
        }
        let name = function.parameters[index].name
        let rows = try value.count.orFault("the argument '\(name)' of '\(function.name)': expected a list; got \(value.shown)")
        let columns = dimensions.count == 1 ? 1 : value.element(0).count ?? 0
        frame.extents[index] = (rows, columns)
        for (dimension, extent) in zip(dimensions, [rows, columns]) {
            switch dimension {
            case .fixed(let count):
                guard count == extent else {
                    throw .input("the argument '\(name)' of '\(function.name)': expected \(count) elements\(dimensions.count > 1 ? " along each of its directions" : ""); got \(extent)")
                }
            case .parameter(let length):
                guard let said = frame.values[length] else {
                    frame.values[length] = .integer(Int128(extent))
                    continue
                }
                guard said.number == Double(extent) else {
                    throw .input(
                        "the argument '\(name)' of '\(function.name)': expected as many elements as '\(function.parameters[length].name)' says, \(said.shown); got \(extent)")
                }
            }
        }
    }

    private func extent(_ dimension: Dimension, _ frame: CallFrame) throws(ForeignFault) -> Int {
        guard case .parameter(let index) = dimension else {
            if case .fixed(let count) = dimension { return count }
            return 0
        }
        guard let number = frame.values[index]?.number, number >= 0, number <= Double(DescriptionReader.longestArray) else {
            throw .input(
                "expected a length of 0 … \(DescriptionReader.longestArray) in '\(function.parameters[index].name)'; got \(frame.values[index]?.shown ?? "none")")
        }
        return Int(number)
    }

    private func put(_ index: Int, _ type: ParameterType, _ frame: CallFrame) throws(ForeignFault) {
        let value = frame.values[index]
        switch type {
        case .scalar(let scalar):
            try scalar.store(try value.orFault("expected a value; got none"), to: frame.place(index), allowsNaN: function.allowsNaN)
        case .reference(let direction, let scalar):
            let target = frame.lend(index, scalar.size)
            if direction.reads { try scalar.store(try value.orFault("expected a value; got none"), to: target, allowsNaN: function.allowsNaN) }
        case .array(let direction, let scalar, let dimensions, let isColumnMajor):
            try putArray(index, value, direction, scalar, dimensions, isColumnMajor, frame)
        case .text:
            guard case .text(let text) = value else { throw .input("expected a text; got \(value?.shown ?? "nothing")") }
            try putText(index, text, frame)
        case .buffer(let capacity):
            let count = try extent(capacity, frame)
            frame.extents[index] = (count, 1)
            _ = frame.lend(index, count, filling: function.isFortran ? UInt8(ascii: " ") : 0)
        case .structure(let type): try put(type, value ?? .object([]), at: frame.place(index))
        case .structureReference(let direction, let type):
            let target = frame.lend(index, type.size)
            if direction.reads { try put(type, value ?? .object([]), at: target) }
        case .handle(let wanted):
            guard case .handle(let handle) = value else { throw .input("expected a handle of type \(wanted); got \(value?.shown ?? "nothing")") }
            frame.place(index).storeBytes(of: handle.address, as: UInt.self)
        case .handleReference: _ = frame.lend(index, 8)
        case .callback, .pointer: return
        }
    }

    private func putArray(
        _ index: Int, _ value: Value?, _ direction: Direction, _ scalar: Scalar, _ dimensions: [Dimension], _ isColumnMajor: Bool, _ frame: CallFrame
    ) throws(ForeignFault) {
        if !direction.reads {
            frame.extents[index] = (try extent(dimensions[0], frame), dimensions.count > 1 ? try extent(dimensions[1], frame) : 1)
        }
        let (rows, columns) = frame.extents[index]
        guard rows * columns <= DescriptionReader.longestArray else {
            throw .input("expected at most \(DescriptionReader.longestArray) elements; got \(rows * columns)")
        }
        let target = frame.lend(index, rows * columns * scalar.size)
        guard direction.reads, let value else { return }
        if case .numbers(let numbers) = value, scalar == .double, dimensions.count == 1 {
            guard function.allowsNaN || numbers.allSatisfy(\.isFinite) else { throw .input("expected finite numbers; got others among them") }
            return numbers.withUnsafeBytes { if let start = $0.baseAddress { target.copyMemory(from: start, byteCount: $0.count) } }
        }
        for row in 0..<rows {
            let line = value.element(row)
            guard dimensions.count == 1 || line.count == columns else {
                throw .input("expected rows of \(columns) elements each; got \(line.shown) as row \(row)")
            }
            for column in 0..<columns {
                let place = isColumnMajor ? column * rows + row : row * columns + column
                let element = dimensions.count == 1 ? line : line.element(column)
                do throws(ForeignFault) {
                    try scalar.store(element, to: target + place * scalar.size, allowsNaN: function.allowsNaN)
                } catch {
                    throw error.within("element \(row)" + (dimensions.count > 1 ? ", \(column)" : ""))
                }
            }
        }
    }

    private func putText(_ index: Int, _ text: String, _ frame: CallFrame) throws(ForeignFault) {
        let bytes = try NativeText.encode(text, isLatin1: isLatin1)
        frame.extents[index] = (bytes.count, 1)
        let target = frame.lend(index, bytes.count + 1)
        bytes.withUnsafeBytes { if let start = $0.baseAddress { target.copyMemory(from: start, byteCount: $0.count) } }
    }

    private func put(_ type: StructType, _ value: Value, at place: UnsafeMutableRawPointer) throws(ForeignFault) {
        for member in type.members {
            let given = value.member(member.name)
            do throws(ForeignFault) { try put(member.type, given, at: place + member.offset) } catch {
                throw error.within("the member '\(member.name)'")
            }
        }
    }

    private func put(_ type: MemberType, _ value: Value?, at place: UnsafeMutableRawPointer) throws(ForeignFault) {
        func required() throws(ForeignFault) -> Value { try value.orFault("expected a value; got none") }
        switch type {
        case .scalar(let scalar): try scalar.store(try required(), to: place, allowsNaN: function.allowsNaN)
        case .array(let scalar, let count):
            let list = try required()
            guard list.count == count else { throw .input("expected a list of \(count); got \(list.shown)") }
            for index in 0..<count { try scalar.store(list.element(index), to: place + index * scalar.size, allowsNaN: function.allowsNaN) }
        case .text(let capacity):
            guard case .text(let text) = try required() else { throw .input("expected a text; got \(value?.shown ?? "nothing")") }
            let bytes = try NativeText.encode(text, isLatin1: isLatin1)
            guard bytes.count < capacity else { throw .input("expected a text of at most \(capacity - 1) bytes; got \(bytes.count)") }
            memset(place, 0, capacity)
            bytes.withUnsafeBytes { if let start = $0.baseAddress { place.copyMemory(from: start, byteCount: $0.count) } }
        case .structure(let inner): try put(inner, value ?? .object([]), at: place)
        case .handle(let name):
            guard case .handle(let handle) = value else { throw .input("expected a handle of type \(name); got \(value?.shown ?? "nothing")") }
            place.storeBytes(of: handle.address, as: UInt.self)
        case .callback(let name): place.storeBytes(of: code(name), as: UnsafeMutableRawPointer?.self)
        case .pointer: place.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
        }
    }
}

extension Optional {
    /// The value, or a fault with a sentence if there is none.
    func orFault(_ sentence: @autoclosure () -> String) throws(ForeignFault) -> Wrapped {
        guard let self else { throw .input(sentence()) }
        return self
    }
}
