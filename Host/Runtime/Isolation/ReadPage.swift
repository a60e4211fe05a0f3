internal import CPluginAPI

/// A page of points as it came from the host, for lending it to the service after the connection is free again.
struct ReadPage {
    let times: [Int64]
    private let type: UInt32
    /// 8 bytes a value, or 1 for booleans; texts behind their counts.
    private let values: [UInt8]
    private let qualities: [UInt32]?

    init(_ body: inout FrameReader) throws(MalformedFrame) {
        type = try body.number()
        let count = Int(try body.number(UInt32.self))
        let hasQualities = try body.number(UInt32.self) == 1
        times = Array(try body.array(of: Int64.self, count: count))
        switch PointType(rawValue: type) {
        case .text:
            var texts = body
            for _ in 0..<count { _ = try texts.counted() }
            values = Array(try body.take(body.remaining - texts.remaining))
        case .boolean: values = Array(try body.array(of: UInt8.self, count: count))
        default: values = Array(UnsafeRawBufferPointer(try body.array(of: Int64.self, count: count)))
        }
        qualities = hasQualities ? Array(try body.array(of: UInt32.self, count: count)) : nil
    }

    /// Lends the points; returns what `visit` returns.
    func lend(_ visit: (UnsafePointer<dsotp_run>) -> Bool) -> Bool {
        values.withUnsafeBytes { values in
            guard type == PointType.text.rawValue else { return lend(UnsafeRawPointer(values.baseAddress), visit) }
            var reader = FrameReader(values)
            let texts = times.map { _ in (try? reader.counted().lent) ?? dsotp_host_bytes() }
            return texts.withUnsafeBufferPointer { lend(UnsafeRawPointer($0.baseAddress), visit) }
        }
    }

    private func lend(_ values: UnsafeRawPointer?, _ visit: (UnsafePointer<dsotp_run>) -> Bool) -> Bool {
        times.withUnsafeBufferPointer { times in
            func lend(_ qualities: UnsafePointer<UInt32>?) -> Bool {
                var run = dsotp_run(
                    size: UInt32(MemoryLayout<dsotp_run>.size), value_type: type, count: UInt64(times.count), times: times.baseAddress,
                    values: values, qualities: qualities)
                return withUnsafePointer(to: &run) { visit($0) }
            }
            guard let qualities else { return lend(nil) }
            return qualities.withUnsafeBufferPointer { lend($0.baseAddress) }
        }
    }
}
