/// Integers in blocks of 128, each stored as differences from the block's minimum (frame of reference) or as differences
/// between neighbours, whichever is smaller, in as many bits as the largest needs.
///
/// Lemire and Boytsov, "Decoding billions of integers per second through vectorization" (2015), sections 2 and 4. All
/// arithmetic wraps, so every 64-bit integer survives.
enum PackedIntegers {
    private static let blockSize = 128
    private static let deltaFlag: UInt8 = 0x80

    static func encode(_ values: UnsafeBufferPointer<Int64>, into output: inout [UInt8]) {
        var start = 0
        while start < values.count {
            let end = min(start + blockSize, values.count)
            encodeBlock(UnsafeBufferPointer(rebasing: values[start..<end]), into: &output)
            start = end
        }
    }

    static func decode(_ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Int64>) throws(DamagedData) {
        var start = 0
        while start < values.count {
            let end = min(start + blockSize, values.count)
            try decodeBlock(&reader, into: UnsafeMutableBufferPointer(rebasing: values[start..<end]))
            start = end
        }
    }

    private static func encodeBlock(_ values: UnsafeBufferPointer<Int64>, into output: inout [UInt8]) {
        var low = values[0], high = values[0]
        var lowStep = Int64.max, highStep = Int64.min
        for index in 1..<max(values.count, 1) {
            let value = values[index]
            low = min(low, value)
            high = max(high, value)
            let step = value &- values[index - 1]
            lowStep = min(lowStep, step)
            highStep = max(highStep, step)
        }
        let width = bits(high, low)
        let stepWidth = values.count > 1 ? bits(highStep, lowStep) : 64
        if stepWidth * (values.count - 1) + 16 < width * values.count {
            output.append(deltaFlag | UInt8(stepWidth))
            output.appendSignedVarint(values[0])
            output.appendSignedVarint(lowStep)
            pack(values.count - 1, width: stepWidth, into: &output) {
                UInt64(bitPattern: values[$0 + 1] &- values[$0] &- lowStep)
            }
        } else {
            output.append(UInt8(width))
            output.appendSignedVarint(low)
            pack(values.count, width: width, into: &output) { UInt64(bitPattern: values[$0] &- low) }
        }
    }

    private static func decodeBlock(
        _ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Int64>
    ) throws(DamagedData) {
        let header = try reader.byte()
        let width = Int(header & ~deltaFlag)
        guard width <= 64 else { throw DamagedData(description: "integers of \(width) bits") }
        let first = try reader.signedVarint()
        if header & deltaFlag == 0 {
            try unpack(&reader, values.count, width: width) { values[$0] = first &+ Int64(bitPattern: $1) }
        } else {
            let lowStep = try reader.signedVarint()
            values[0] = first
            var current = first
            try unpack(&reader, values.count - 1, width: width) {
                current = current &+ lowStep &+ Int64(bitPattern: $1)
                values[$0 + 1] = current
            }
        }
    }

    /// Bits needed for the distance of two numbers.
    private static func bits(_ high: Int64, _ low: Int64) -> Int {
        64 - UInt64(bitPattern: high &- low).leadingZeroBitCount
    }

    @inline(__always)
    private static func pack(_ count: Int, width: Int, into output: inout [UInt8], _ value: (Int) -> UInt64) {
        guard width > 0, count > 0 else { return }
        let start = output.count
        let size = (count * width + 7) / 8
        output.append(contentsOf: repeatElement(0, count: size + 8))
        output.withUnsafeMutableBytes { bytes in
            var word: UInt64 = 0
            var filled = 0
            var position = start
            for index in 0..<count {
                let next = value(index)
                word |= next &<< UInt64(filled)
                filled += width
                guard filled >= 64 else { continue }
                bytes.storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt64.self)
                position += 8
                filled -= 64
                word = filled == 0 ? 0 : next &>> UInt64(width - filled)
            }
            bytes.storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt64.self)
        }
        output.removeLast(output.count - start - size)
    }

    @inline(__always)
    private static func unpack(
        _ reader: inout ByteReader, _ count: Int, width: Int, _ store: (Int, UInt64) -> Void
    ) throws(DamagedData) {
        guard width > 0 else {
            for index in 0..<max(count, 0) { store(index, 0) }
            return
        }
        let packed = try reader.take((count * width + 7) / 8)
        let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
        withUnsafeTemporaryAllocation(byteCount: packed.count + 16, alignment: 8) { bytes in
            bytes.copyMemory(from: packed)
            var position = 0
            for index in 0..<count {
                let offset = UInt64(position & 7)
                var value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self)) &>> offset
                if width > 56, offset > 0 { value |= UInt64(bytes[(position >> 3) + 8]) &<< (64 - offset) }
                store(index, value & mask)
                position += width
            }
        }
    }
}
