internal import CLibFFI
internal import Glibc

/// A function of the library, prepared once and then called often. Used on the service's own thread only.
final class NativeFunction {
    let function: ForeignDescription.Function
    private let address: UnsafeMutableRawPointer
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<FFIType.Pointer?>
    private let isLatin1: Bool
    private let code: (String) -> UnsafeMutableRawPointer?
    /// One frame for each call that is under way: a callback may call again what called it.
    private var frames: [CallFrame] = []
    private var depth = 0
    private static let deepest = 64

    /// - Parameter code: the address of a callback's code.
    /// - Throws: if the machine has no way to call such a function.
    init(
        _ function: ForeignDescription.Function, address: UnsafeMutableRawPointer, isLatin1: Bool, code: @escaping (String) -> UnsafeMutableRawPointer?
    ) throws(ForeignFault) {
        self.function = function
        self.address = address
        self.isLatin1 = isLatin1
        self.code = code
        let hidden = function.isFortran ? function.parameters.filter(\.type.isText).count : 0
        let list = function.parameters.map { FFIType.of($0.type) } + Array(repeating: FFIType.of(Scalar.size), count: hidden)
        types = .allocate(capacity: max(1, list.count))
        for (index, type) in list.enumerated() { types[index] = type }
        interface = .allocate(capacity: 1)
        interface.initialize(to: ffi_cif())
        guard clibffi_prepare(interface, UInt32(list.count), FFIType.of(function.result), types) == 1 else {
            throw .input("libffi can't call '\(function.name)' as it is described")
        }
    }

    deinit {
        types.deallocate()
        interface.deallocate()
    }

    /// Calls it.
    ///
    /// - Parameters:
    ///   - outcome: receives what comes out.
    ///   - argument: gives what goes in for a parameter, or nil for a length that an array tells.
    ///   - pendingFault: what a callback could not do meanwhile.
    ///   - describe: makes a text of an error code.
    func call(
        into outcome: inout Outcome, argument: (Int) throws(ForeignFault) -> Value?, pendingFault: () -> ForeignFault?,
        describe: (Int, Int128) -> String?
    ) throws(ForeignFault) {
        guard depth < Self.deepest else { throw .function("'\(function.name)' calls itself by callbacks more than \(Self.deepest) times") }
        if depth == frames.count { frames.append(CallFrame(function, code: code)) }
        let frame = frames[depth]
        depth += 1
        defer { depth -= 1 }
        for index in function.parameters.indices { frame.values[index] = function.parameters[index].type.reads ? try argument(index) : nil }
        try put(frame)
        let code = clibffi_call(interface, address, frame.result, frame.addresses())
        try checkGuards(frame)
        if let fault = pendingFault() { throw fault }
        try checkError(frame, errno: code, describe: describe)
        try take(frame, into: &outcome)
    }

    private func checkGuards(_ frame: CallFrame) throws(ForeignFault) {
        for (index, target) in frame.targets.enumerated() where target?.isIntact == false {
            throw .memory(
                "'\(function.name)' wrote beyond the end of '\(function.parameters[index].name)' (expected at most \(target?.count ?? 0) bytes; got more; "
                    + "correct the type in the manifest)")
        }
    }
}

/// What came out of a call.
struct Outcome {
    var returned = Value.null
    /// One for each parameter; null for those that only go in.
    var outputs: [Value]
}

/// Before the call.
extension NativeFunction {
    private func put(_ frame: CallFrame) throws(ForeignFault) {
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

/// After the call.
extension NativeFunction {
    private func checkError(_ frame: CallFrame, errno code: Int32, describe: (Int, Int128) -> String?) throws(ForeignFault) {
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

    private func take(_ frame: CallFrame, into outcome: inout Outcome) throws(ForeignFault) {
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

extension Optional {
    /// The value, or a fault with a sentence if there is none.
    func orFault(_ sentence: @autoclosure () -> String) throws(ForeignFault) -> Wrapped {
        guard let self else { throw .input(sentence()) }
        return self
    }
}
