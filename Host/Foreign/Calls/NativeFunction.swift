internal import CLibFFI

/// A function of the library, prepared once and then called often. Used on the service's own thread only.
final class NativeFunction {
    let function: ForeignDescription.Function
    private let address: UnsafeMutableRawPointer
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<FFIType.Pointer?>
    let isLatin1: Bool
    /// The address of a callback's code.
    let code: (String) -> UnsafeMutableRawPointer?
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
        let errorNumber = clibffi_call(interface, address, frame.result, frame.addresses())
        try checkGuards(frame)
        if let fault = pendingFault() { throw fault }
        try checkError(frame, errno: errorNumber, describe: describe)
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
