/// Floats as they come from meters: mostly decimals of a few digits. Every method gives back the very bits that went in.
///
/// - `decimal`: `value = integer / 10^e`, verified bit by bit, the integers packed; the few that do not fit (NaN, infinity,
///   -0.0, long fractions) are kept beside them. After Afroozeh, Kuffo and Boncz, "ALP: Adaptive Lossless floating-Point
///   Compression" (SIGMOD 2023), section 3.1.
/// - `single`: values of IEEE 754 single precision, packed as integers.
/// - `packed`: the double's bits as an integer, packed.
/// - `raw`: eight bytes a value.
enum FloatCodec {
    private enum Method: UInt8 { case raw = 0, decimal = 1, single = 2, packed = 3 }

    /// Every power is exact in a double.
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ]

    /// Adding and taking away 1.5 * 2^52 rounds a number below 2^51 to an integer.
    private static let rounder = 6_755_399_441_055_744.0
    private static let largestInteger = 2_251_799_813_685_248.0

    static func encode(_ bits: UnsafeBufferPointer<UInt64>, into output: inout [UInt8]) {
        let start = output.count
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: bits.count) { integers in
            _ = integers.initialize(from: repeatElement(0, count: bits.count))
            if let exponent = decimalExponent(of: bits), encodeDecimals(bits, exponent, integers, into: &output) { return }
            output.removeLast(output.count - start)
            if fillSingles(bits, integers) {
                output.append(Method.single.rawValue)
            } else {
                for index in bits.indices { integers[index] = ordered(Int64(bitPattern: bits[index])) }
                output.append(Method.packed.rawValue)
            }
            PackedIntegers.encode(UnsafeBufferPointer(integers), into: &output)
        }
        guard output.count - start > 1 + 8 * bits.count else { return }
        output.removeLast(output.count - start)
        output.append(Method.raw.rawValue)
        for value in bits { output.appendWord(value) }
    }

    /// Sets `values` to the bit patterns of the floats.
    static func decode(_ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Int64>) throws(DamagedData) {
        let code = try reader.byte()
        switch Method(rawValue: code) {
        case .raw:
            for index in values.indices { values[index] = try reader.word(Int64.self) }
        case .packed:
            try PackedIntegers.decode(&reader, into: values)
            for index in values.indices { values[index] = ordered(values[index]) }
        case .single:
            try PackedIntegers.decode(&reader, into: values)
            for index in values.indices {
                let single = Float(bitPattern: UInt32(bitPattern: ordered(Int32(truncatingIfNeeded: values[index]))))
                values[index] = Int64(bitPattern: Double(single).bitPattern)
            }
        case .decimal:
            try decodeDecimals(&reader, into: values)
        case nil:
            throw DamagedData(description: "unknown float encoding \(code)")
        }
    }

    private static func decodeDecimals(
        _ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Int64>
    ) throws(DamagedData) {
        let scale = powersOfTen[try reader.count(upTo: powersOfTen.count - 1)]
        try PackedIntegers.decode(&reader, into: values)
        for index in values.indices { values[index] = Int64(bitPattern: (Double(values[index]) / scale).bitPattern) }
        var index = -1
        for _ in 0..<(try reader.count(upTo: values.count)) {
            index += try reader.count(upTo: values.count) + 1
            guard index < values.count else { throw DamagedData(description: "an exception beyond the last value") }
            values[index] = try reader.word(Int64.self)
        }
    }

    /// The smallest number of decimals that a sample of the values needs; `nil` if many of them are no decimals.
    private static func decimalExponent(of bits: UnsafeBufferPointer<UInt64>) -> Int? {
        let stride = max(1, bits.count / 32)
        var exponent = 0, misfits = 0, index = 0
        while index < bits.count {
            let value = Double(bitPattern: bits[index])
            var candidate = exponent
            while candidate < powersOfTen.count, integer(value, powersOfTen[candidate]) == nil { candidate += 1 }
            if candidate < powersOfTen.count { exponent = candidate } else { misfits += 1 }
            if misfits > 4 { return nil }
            index += stride
        }
        return exponent
    }

    /// The integer that gives back `value` when divided by `scale`, if there is one.
    @inline(__always)
    private static func integer(_ value: Double, _ scale: Double) -> Int64? {
        let scaled = value * scale
        guard abs(scaled) < largestInteger else { return nil }
        let rounded = (scaled + rounder) - rounder
        return (rounded / scale).bitPattern == value.bitPattern ? Int64(rounded) : nil
    }

    private static func encodeDecimals(
        _ bits: UnsafeBufferPointer<UInt64>, _ exponent: Int, _ integers: UnsafeMutableBufferPointer<Int64>,
        into output: inout [UInt8]
    ) -> Bool {
        let scale = powersOfTen[exponent]
        var exceptions: [Int] = []
        var previous: Int64 = 0
        for index in bits.indices {
            if let value = integer(Double(bitPattern: bits[index]), scale) {
                previous = value
            } else {
                exceptions.append(index)
            }
            integers[index] = previous
        }
        guard exceptions.count <= bits.count / 8 + 1, exceptions.count < bits.count else { return false }
        output.append(Method.decimal.rawValue)
        output.appendVarint(UInt64(exponent))
        PackedIntegers.encode(UnsafeBufferPointer(integers), into: &output)
        output.appendVarint(UInt64(exceptions.count))
        var last = -1
        for index in exceptions {
            output.appendVarint(UInt64(index - last - 1))
            output.appendWord(bits[index])
            last = index
        }
        return true
    }

    private static func fillSingles(
        _ bits: UnsafeBufferPointer<UInt64>, _ integers: UnsafeMutableBufferPointer<Int64>
    ) -> Bool {
        for index in bits.indices {
            let single = Float(Double(bitPattern: bits[index]))
            guard Double(single).bitPattern == bits[index] else { return false }
            integers[index] = Int64(ordered(Int32(bitPattern: single.bitPattern)))
        }
        return true
    }

    /// Maps sign-and-magnitude bits to integers of the same order, and back.
    private static func ordered<Word: FixedWidthInteger & SignedInteger>(_ word: Word) -> Word {
        word < 0 ? word ^ Word.max : word
    }
}
