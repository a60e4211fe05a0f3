import CPluginAPI
import PluginAPI

extension MemoryHost {
    /// Runs are short, so that a service that takes only the first is found out.
    private static let runLength = 100

    /// Shows the points of a column in runs.
    func read(_ wanted: dsotp_read, visit: (UnsafePointer<dsotp_run>) -> Bool) throws(ServiceError) {
        let copy: ColumnCopy? = withState { state in
            guard wanted.column >= 1, wanted.column <= UInt64(state.columns.count) else { return nil }
            return ColumnCopy(state.columns[Int(wanted.column) - 1], wanted)
        }
        guard var copy else { throw .invalidArgument("there is no column with the handle \(wanted.column)") }
        guard permissions.mayRead(copy.measurement) else { throw notPermitted(copy.measurement) }
        defer { copy.texts.release() }
        var start = 0
        while start < copy.times.count {
            let end = min(start + MemoryHost.runLength, copy.times.count)
            guard copy.show(start..<end, visit) else { return }
            start = end
        }
    }
}

/// The points to be read, out of reach of writers.
private struct ColumnCopy {
    let measurement: String
    let times: [dsotp_time]
    private let type: ValueType
    private let floats: [Double]
    private let integers: [Int64]
    private let booleans: [Bool]
    private let textValues: [dsotp_host_bytes]
    private let qualities: [dsotp_quality]
    var texts = TextArena()

    init(_ column: MemoryColumn, _ wanted: dsotp_read) {
        measurement = column.identity.measurement
        type = column.type
        var indexes = Array(
            column.times.indices.filter { (wanted.from...max(wanted.from, wanted.through)).contains(column.times[$0].nanoseconds) })
        if wanted.through < wanted.from { indexes = [] }
        if wanted.descending == 1 { indexes.reverse() }
        if wanted.limit > 0 { indexes = Array(indexes.prefix(Int(clamping: wanted.limit))) }
        times = indexes.map { column.times[$0].nanoseconds }
        qualities = indexes.map { column.qualities[$0].rawValue }
        floats = column.floats.isEmpty ? [] : indexes.map { column.floats[$0] }
        integers = column.integers.isEmpty ? [] : indexes.map { column.integers[$0] }
        booleans = column.booleans.isEmpty ? [] : indexes.map { column.booleans[$0] }
        var arena = TextArena()
        textValues =
            column.texts.isEmpty
            ? [] : indexes.map { dsotp_host_bytes(arena.copy(String(decoding: column.texts[$0], as: UTF8.self)).buffer) }
        texts = arena
    }

    func show(_ range: Range<Int>, _ visit: (UnsafePointer<dsotp_run>) -> Bool) -> Bool {
        switch type {
        case .float: show(range, floats, visit)
        case .integer: show(range, integers, visit)
        case .boolean: show(range, booleans, visit)
        case .text: show(range, textValues, visit)
        }
    }

    private func show<Value>(_ range: Range<Int>, _ values: [Value], _ visit: (UnsafePointer<dsotp_run>) -> Bool) -> Bool {
        times[range].withUnsafeBufferPointer { times in
            values[range].withUnsafeBufferPointer { values in
                qualities[range].withUnsafeBufferPointer { qualities in
                    var run = dsotp_run(
                        size: UInt32(MemoryLayout<dsotp_run>.size), value_type: type.rawValue, count: UInt64(range.count),
                        times: times.baseAddress, values: UnsafeRawPointer(values.baseAddress),
                        qualities: qualities.allSatisfy { $0 == 0 } ? nil : qualities.baseAddress)
                    return visit(&run)
                }
            }
        }
    }
}
