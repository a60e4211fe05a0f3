/// The arithmetic types of C, by the names that manifests use. `long` and `size_t` are those of 64-bit Linux (LP64).
enum Scalar: String, CaseIterable, Sendable {
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64
    case int, uint, long, ulong
    case size = "size_t"
    case float, double, bool

    /// Bytes; the alignment is the same.
    var size: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .int, .uint, .float: 4
        case .int64, .uint64, .long, .ulong, .size, .double: 8
        }
    }

    /// The values of a whole-number type; nil for the others.
    var range: ClosedRange<Int128>? {
        switch self {
        case .int8: Int128(Int8.min)...Int128(Int8.max)
        case .uint8: 0...Int128(UInt8.max)
        case .int16: Int128(Int16.min)...Int128(Int16.max)
        case .uint16: 0...Int128(UInt16.max)
        case .int32, .int: Int128(Int32.min)...Int128(Int32.max)
        case .uint32, .uint: 0...Int128(UInt32.max)
        case .int64, .long: Int128(Int64.min)...Int128(Int64.max)
        case .uint64, .ulong, .size: 0...Int128(UInt64.max)
        case .float, .double, .bool: nil
        }
    }

    /// Writes a value, which must be one of the type's: nothing is cut, wrapped or rounded but a double to a float's precision.
    func store(_ value: Value, to place: UnsafeMutableRawPointer, allowsNaN: Bool) throws(ForeignFault) {
        if let range { return store(whole: try whole(value, in: range), to: place) }
        if self == .bool {
            guard case .boolean(let truth) = value else { throw .input("expected true or false; got \(value.shown)") }
            return place.storeBytes(of: truth, as: Bool.self)
        }
        guard let number = value.number else { throw .input("expected a number; got \(value.shown)") }
        guard allowsNaN || !number.isNaN else { throw .input("expected a number; got NaN") }
        if self == .double { return place.storeBytes(of: number, as: Double.self) }
        let narrow = Float(number)
        guard narrow.isFinite || !number.isFinite else { throw .input("expected a number in the range of a float; got \(number)") }
        place.storeBytes(of: narrow, as: Float.self)
    }

    private func whole(_ value: Value, in range: ClosedRange<Int128>) throws(ForeignFault) -> Int128 {
        let whole: Int128
        switch value {
        case .integer(let integer): whole = integer
        case .number(let number):
            guard let exact = Int128(exactly: number) else { throw .input("expected a whole number; got \(number)") }
            whole = exact
        default: throw .input("expected a whole number; got \(value.shown)")
        }
        guard range.contains(whole) else {
            throw .input("expected \(range.lowerBound) … \(range.upperBound), the range of \(rawValue); got \(whole)")
        }
        return whole
    }

    /// Writes the low bytes of a number in the range of the type.
    func store(whole: Int128, to place: UnsafeMutableRawPointer) {
        switch size {
        case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: whole), as: UInt8.self)
        case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: whole), as: UInt16.self)
        case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: whole), as: UInt32.self)
        default: place.storeBytes(of: UInt64(truncatingIfNeeded: whole), as: UInt64.self)
        }
    }

    /// Reads a value.
    func load(from place: UnsafeRawPointer) -> Value {
        switch self {
        case .int8: .integer(Int128(place.loadUnaligned(as: Int8.self)))
        case .uint8: .integer(Int128(place.loadUnaligned(as: UInt8.self)))
        case .int16: .integer(Int128(place.loadUnaligned(as: Int16.self)))
        case .uint16: .integer(Int128(place.loadUnaligned(as: UInt16.self)))
        case .int32, .int: .integer(Int128(place.loadUnaligned(as: Int32.self)))
        case .uint32, .uint: .integer(Int128(place.loadUnaligned(as: UInt32.self)))
        case .int64, .long: .integer(Int128(place.loadUnaligned(as: Int64.self)))
        case .uint64, .ulong, .size: .integer(Int128(place.loadUnaligned(as: UInt64.self)))
        case .float: .number(Double(place.loadUnaligned(as: Float.self)))
        case .double: .number(place.loadUnaligned(as: Double.self))
        // Not as Bool: a library may have left another byte than 0 or 1 there.
        case .bool: .boolean(place.loadUnaligned(as: UInt8.self) != 0)
        }
    }
}
