internal import CLibFFI

/// The types of libffi. Those of structs are made once a process and never freed: a prepared call points to them.
enum FFIType {
    typealias Pointer = UnsafeMutablePointer<ffi_type>

    static func of(_ scalar: Scalar) -> Pointer {
        let type: Pointer? =
            switch scalar {
            case .int8: clibffi_sint8()
            case .uint8, .bool: clibffi_uint8()
            case .int16: clibffi_sint16()
            case .uint16: clibffi_uint16()
            case .int32, .int: clibffi_sint32()
            case .uint32, .uint: clibffi_uint32()
            case .int64, .long: clibffi_sint64()
            case .uint64, .ulong, .size: clibffi_uint64()
            case .float: clibffi_float()
            case .double: clibffi_double()
            }
        return type.unsafelyUnwrapped  // The shim returns addresses of variables.
    }

    static var pointer: Pointer { clibffi_pointer().unsafelyUnwrapped }
    static var nothing: Pointer { clibffi_void().unsafelyUnwrapped }

    /// A struct for passing and returning by value. An array in it counts as so many members.
    static func of(_ type: StructType) -> Pointer {
        let elements = type.members.flatMap { members(of: $0.type) }
        let list = UnsafeMutablePointer<Pointer?>.allocate(capacity: elements.count + 1)
        for (index, element) in elements.enumerated() { list[index] = element }
        list[elements.count] = nil
        let made = Pointer.allocate(capacity: 1)
        made.initialize(to: ffi_type(size: 0, alignment: 0, type: clibffi_struct_code(), elements: list))
        return made
    }

    private static func members(of type: MemberType) -> [Pointer] {
        switch type {
        case .scalar(let scalar): [of(scalar)]
        case .array(let scalar, let count): Array(repeating: of(scalar), count: count)
        case .text(let capacity): Array(repeating: of(.int8), count: capacity)
        case .structure(let type): [of(type)]
        case .handle, .callback, .pointer: [pointer]
        }
    }

    static func of(_ type: ParameterType) -> Pointer {
        switch type {
        case .scalar(let scalar): of(scalar)
        case .structure(let type): of(type)
        default: pointer
        }
    }

    static func of(_ type: ResultType) -> Pointer {
        switch type {
        case .nothing: nothing
        case .scalar(let scalar): of(scalar)
        case .structure(let type): of(type)
        case .text, .handle, .pointer: pointer
        }
    }
}
