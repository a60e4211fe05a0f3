/// Times of points: runs of equal steps where the device keeps its pace, otherwise packed integers. Any order of times survives.
enum TimeCodec {
    private enum Method: UInt8 { case runs = 0, packed = 1 }

    static func encode(_ times: UnsafeBufferPointer<Int64>, into output: inout [UInt8]) {
        guard let first = times.first else { return }
        let start = output.count
        output.append(Method.runs.rawValue)
        output.appendWord(first)
        var index = 1
        while index < times.count {
            let step = times[index] &- times[index - 1]
            var end = index + 1
            while end < times.count, times[end] &- times[end - 1] == step { end += 1 }
            output.appendSignedVarint(step)
            output.appendVarint(UInt64(end - index))
            index = end
            guard output.count - start <= 2 * times.count + 24 else { break }
        }
        guard index < times.count else { return }
        output.removeLast(output.count - start)
        output.append(Method.packed.rawValue)
        PackedIntegers.encode(times, into: &output)
    }

    static func decode(_ reader: inout ByteReader, into times: UnsafeMutableBufferPointer<Int64>) throws(DamagedData) {
        guard times.count > 0 else { return }
        let code = try reader.byte()
        guard let method = Method(rawValue: code) else { throw DamagedData(description: "unknown time encoding \(code)") }
        if method == .packed { return try PackedIntegers.decode(&reader, into: times) }
        var time = try reader.word(Int64.self)
        times[0] = time
        var index = 1
        while index < times.count {
            let step = try reader.signedVarint()
            let length = try reader.count(upTo: times.count - index)
            guard length > 0 else { throw DamagedData(description: "an empty run of times") }
            for _ in 0..<length {
                time &+= step
                times[index] = time
                index += 1
            }
        }
    }
}
