internal import CPluginAPI

/// A found column, lent to a plugin for a call.
enum LentColumn {
    /// Returns what `visit` returns.
    static func lend(_ column: FoundColumn, handle: UInt64, _ visit: (UnsafePointer<dsotp_found_column>) -> Bool) -> Bool {
        // All texts behind each other in one buffer, so that they stay in place together.
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for text in column.name.tags.flatMap({ [$0.key, $0.value] }) + [column.name.field] {
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            ranges.append(start..<bytes.count)
        }
        return bytes.withUnsafeBytes { bytes in
            let lent = ranges.map { range in
                dsotp_host_bytes(data: bytes.baseAddress.map { $0 + range.lowerBound }, count: UInt64(range.count))
            }
            let pairs = column.name.tags.indices.map { dsotp_host_pair(name: lent[2 * $0], value: lent[2 * $0 + 1]) }
            return pairs.withUnsafeBufferPointer { pairs in
                var found = dsotp_found_column(
                    size: UInt32(MemoryLayout<dsotp_found_column>.size), value_type: column.type.rawValue, column: handle,
                    tags: pairs.baseAddress, tag_count: UInt64(pairs.count), field: lent[lent.count - 1])
                return withUnsafePointer(to: &found) { visit($0) }
            }
        }
    }
}

/// A run of points, lent to a plugin for a call.
enum LentRun {
    /// Lends the first `count` points; returns what `visit` returns.
    static func lend(_ run: PointRunBuffers, count: Int, _ visit: (UnsafePointer<dsotp_run>) -> Bool) -> Bool {
        func lend(_ type: PointType, _ values: UnsafeRawPointer?) -> Bool {
            var lent = dsotp_run(
                size: UInt32(MemoryLayout<dsotp_run>.size), value_type: type.rawValue, count: UInt64(count), times: run.times.baseAddress,
                values: values, qualities: run.qualities?.baseAddress)
            return withUnsafePointer(to: &lent) { visit($0) }
        }
        switch run.values {
        case .float(let values): return lend(.float, UnsafeRawPointer(values.baseAddress))
        case .integer(let values): return lend(.integer, UnsafeRawPointer(values.baseAddress))
        case .boolean(let values): return lend(.boolean, UnsafeRawPointer(values.baseAddress))
        case .text(let values):
            let texts = values.prefix(count).map { dsotp_host_bytes(data: $0.baseAddress, count: UInt64($0.count)) }
            return texts.withUnsafeBufferPointer { lend(.text, UnsafeRawPointer($0.baseAddress)) }
        }
    }
}
