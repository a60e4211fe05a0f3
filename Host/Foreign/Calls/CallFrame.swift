/// The memory of one call that is under way: a place for each argument, for what pointers lead to, and for the result. Reused from call
/// to call.
final class CallFrame {
    /// The addresses of the arguments for libffi: the parameters, then the hidden lengths of Fortran's texts. libffi puts the addresses of
    /// its own copies there in the place of structs (ffi_call of libffi 3.4), so that they are set before each call.
    private let arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    /// Where each argument stands.
    private let places: [UnsafeMutableRawPointer]
    let result: UnsafeMutableRawPointer
    /// What parameters that are pointers lead to.
    var targets: [GuardedBuffer?]
    /// What goes in.
    var values: [Value?]
    /// Rows and columns of each array, bytes of each text.
    var extents: [(rows: Int, columns: Int)]
    private let storage: UnsafeMutableRawPointer
    private let hidden: Int

    /// The address of a callback's code, by its name, for parameters whose content never changes.
    init(_ function: ForeignDescription.Function, code: (String) -> UnsafeMutableRawPointer?) {
        let parameters = function.parameters
        let texts = function.isFortran ? parameters.filter(\.type.isText).count : 0
        let sizes = parameters.map { StructType.align(max(8, $0.type.sizeByValue), 16) } + Array(repeating: 16, count: texts)
        storage = .allocate(byteCount: max(16, sizes.reduce(0, +)), alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0, count: max(16, sizes.reduce(0, +)))
        arguments = .allocate(capacity: max(1, sizes.count))
        var offset = 0
        var places: [UnsafeMutableRawPointer] = []
        for size in sizes {
            places.append(storage + offset)
            offset += size
        }
        self.places = places
        var resultSize = 16
        if case .structure(let type) = function.result { resultSize = max(16, type.size) }
        result = .allocate(byteCount: resultSize, alignment: 16)
        result.initializeMemory(as: UInt8.self, repeating: 0, count: resultSize)
        targets = parameters.map { $0.type.isPointerToTarget ? GuardedBuffer() : nil }
        values = Array(repeating: nil, count: parameters.count)
        extents = Array(repeating: (0, 0), count: parameters.count)
        hidden = parameters.count
        for (index, parameter) in parameters.enumerated() {
            if case .callback(let name) = parameter.type { place(index).storeBytes(of: code(name), as: UnsafeMutableRawPointer?.self) }
        }
    }

    deinit {
        storage.deallocate()
        arguments.deallocate()
        result.deallocate()
    }

    /// Where an argument stands.
    func place(_ index: Int) -> UnsafeMutableRawPointer { places[index] }

    /// The addresses of the arguments, for one call.
    func addresses() -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        for index in places.indices { arguments[index] = places[index] }
        return arguments
    }

    /// Lends `count` bytes to a parameter that is a pointer.
    func lend(_ index: Int, _ count: Int, filling: UInt8 = 0) -> UnsafeMutableRawPointer {
        let target = targets[index].unsafelyUnwrapped  // There is one for each such parameter.
        target.prepare(count, filling: filling)
        place(index).storeBytes(of: target.bytes, as: UnsafeMutableRawPointer.self)
        return target.bytes
    }

    /// Sets the hidden length of the text number `text`.
    func setHiddenLength(_ text: Int, _ count: Int) { place(hidden + text).storeBytes(of: count, as: Int.self) }
}

extension ParameterType {
    /// Bytes of the argument itself.
    var sizeByValue: Int {
        switch self {
        case .scalar(let scalar): scalar.size
        case .structure(let type): type.size
        default: 8
        }
    }

    /// Whether memory of ours is lent to it.
    var isPointerToTarget: Bool {
        switch self {
        case .reference, .array, .text, .buffer, .structureReference, .handleReference: true
        case .scalar, .structure, .handle, .callback, .pointer: false
        }
    }

    var isText: Bool {
        switch self {
        case .text, .buffer: true
        default: false
        }
    }
}
