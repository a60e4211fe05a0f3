internal import CLibFFI
internal import Glibc
internal import PluginAPI

/// What a callback needs of the service that it belongs to.
protocol CallbackHost: AnyObject {
    /// The values that are bound to callbacks.
    var contextValues: UnsafeMutablePointer<Double> { get }
    /// Whether the calling thread is the service's own.
    var isOnOwnThread: Bool { get }
    /// Calls a function of the library out of an expression. The service's own thread only.
    func callArithmetic(_ function: Int, _ operands: [Double]) throws(ForeignFault) -> Double
    /// Notes what a callback could not do: the library can't be told.
    func callbackFailed(_ fault: ForeignFault)
    func log(_ level: Log.Level, _ text: String)
}

/// A function pointer that libffi makes, for a library to call. What it does is bound to it, since callbacks of most libraries have no
/// argument for that.
final class CallbackClosure {
    let callback: ForeignDescription.Callback
    /// What the library calls.
    private(set) var code: UnsafeMutableRawPointer?
    private unowned let host: any CallbackHost
    private let interface: UnsafeMutablePointer<ffi_cif>
    private let types: UnsafeMutablePointer<FFIType.Pointer?>
    private var closure: UnsafeMutableRawPointer?

    /// - Throws: if the system gives no memory that may be executed.
    init(_ callback: ForeignDescription.Callback, host: any CallbackHost) throws(ForeignFault) {
        self.callback = callback
        self.host = host
        types = .allocate(capacity: max(1, callback.parameters.count))
        interface = .allocate(capacity: 1)
        interface.initialize(to: ffi_cif())
        for (index, parameter) in callback.parameters.enumerated() {
            if case .scalar(let scalar) = parameter.kind { types[index] = FFIType.of(scalar) } else { types[index] = FFIType.pointer }
        }
        let result = callback.result.map { FFIType.of($0) } ?? FFIType.nothing
        closure = ffi_closure_alloc(MemoryLayout<ffi_closure>.size, &code)
        guard let closure, clibffi_prepare(interface, UInt32(callback.parameters.count), result, types) == 1,
            ffi_prep_closure_loc(
                closure.assumingMemoryBound(to: ffi_closure.self), interface, { CallbackClosure.enter($1, $2, $3) },
                Unmanaged.passUnretained(self).toOpaque(), code) == FFI_OK
        else { throw .input("the system gives no memory for the callback '\(callback.name)' (expected memory that may be executed; got none)") }
    }

    /// The library must be done with it.
    deinit {
        ffi_closure_free(closure)
        types.deallocate()
        interface.deallocate()
    }

    private static func enter(
        _ result: UnsafeMutableRawPointer?, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ context: UnsafeMutableRawPointer?
    ) {
        guard let context else { return }
        Unmanaged<CallbackClosure>.fromOpaque(context).takeUnretainedValue().answer(result, arguments)
    }

    private func answer(_ result: UnsafeMutableRawPointer?, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
        // libffi wants whole numbers in a full word.
        if callback.result != nil { result?.storeBytes(of: 0, as: UInt64.self) }
        switch callback.body {
        case .log(let level): host.log(level, text(arguments))
        case .value(let expression):
            do throws(ForeignFault) { try answer(expression, result, arguments) } catch {
                host.callbackFailed(error.within("the callback '\(callback.name)'"))
            }
        }
    }

    private func answer(
        _ expression: Expression, _ result: UnsafeMutableRawPointer?, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) throws(ForeignFault) {
        let count = callback.parameters.count + callback.context.count
        let outcome: Result<Double, ForeignFault> = withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, count)) { variables in
            for index in callback.parameters.indices { variables.initializeElement(at: index, to: number(index, arguments)) }
            for (index, place) in callback.context.enumerated() {
                variables.initializeElement(at: callback.parameters.count + index, to: host.contextValues[place])
            }
            do throws(ForeignFault) {
                return .success(
                    try expression.evaluate(variables.baseAddress.unsafelyUnwrapped) { function, operands throws(ForeignFault) in
                        guard host.isOnOwnThread else { throw .function("the library calls it on a thread of its own, where its functions can't be called") }
                        return try host.callArithmetic(function, operands)
                    })
            } catch { return .failure(error) }
        }
        let value = try outcome.get()
        guard let scalar = callback.result, let result else { return }
        if scalar.range == nil {
            if scalar == .bool { return result.storeBytes(of: value != 0 ? 1 : 0, as: UInt64.self) }
            return try scalar.store(.number(value), to: result, allowsNaN: true)
        }
        guard let range = scalar.range, let whole = Int128(exactly: value), range.contains(whole) else {
            throw .function("expected a whole number of the type \(scalar.rawValue) as its value; got \(value)")
        }
        result.storeBytes(of: UInt64(truncatingIfNeeded: whole), as: UInt64.self)
    }

    /// A parameter as a number; 0 for texts and pointers.
    private func number(_ index: Int, _ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Double {
        guard let place = arguments?[index] else { return 0 }
        switch callback.parameters[index].kind {
        case .scalar(.double): return place.load(as: Double.self)
        case .scalar(let scalar): return scalar.load(from: place).asDouble
        case .reference(let scalar): return place.load(as: UnsafeRawPointer?.self).map { scalar.load(from: $0).asDouble } ?? .nan
        case .text, .pointer: return 0
        }
    }

    /// All parameters as one text, for the log.
    private func text(_ arguments: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> String {
        callback.parameters.indices.compactMap { index in
            guard let place = arguments?[index] else { return nil }
            switch callback.parameters[index].kind {
            case .text: return place.load(as: UnsafePointer<CChar>?.self).map { String(cString: $0) }
            case .scalar(let scalar): return "\(callback.parameters[index].name)=\(scalar.load(from: place).shown)"
            case .reference(let scalar):
                return place.load(as: UnsafeRawPointer?.self).map { "\(callback.parameters[index].name)=\(scalar.load(from: $0).shown)" }
            case .pointer: return nil
            }
        }.joined(separator: " ")
    }
}

extension Value {
    /// For arithmetic: true is 1.
    fileprivate var asDouble: Double {
        if case .boolean(let truth) = self { return truth ? 1 : 0 }
        return number ?? 0
    }
}
