import CPluginAPI
import PluginAPI

/// The name of a column.
struct ColumnIdentity: Hashable {
    let database: String
    let measurement: String
    let tags: [String: String]
    let field: String
}

/// The points of one column, by time. Guarded by the host's lock.
final class MemoryColumn {
    let identity: ColumnIdentity
    let type: ValueType
    /// Whether its database was dropped.
    var isDropped = false
    private(set) var times: [Timestamp] = []
    private(set) var floats: [Double] = []
    private(set) var integers: [Int64] = []
    private(set) var booleans: [Bool] = []
    private(set) var texts: [[UInt8]] = []
    private(set) var qualities: [Quality] = []

    init(_ identity: ColumnIdentity, type: ValueType) {
        self.identity = identity
        self.type = type
    }

    /// Puts a point where its time belongs; it replaces one with the same time.
    func put(_ time: Timestamp, _ values: UnsafeRawPointer, _ index: Int, quality: Quality) {
        let (place, replaces) = position(of: time)
        let range = place..<(replaces ? place + 1 : place)
        times.replaceSubrange(range, with: CollectionOfOne(time))
        qualities.replaceSubrange(range, with: CollectionOfOne(quality))
        switch type {
        case .float: floats.replaceSubrange(range, with: CollectionOfOne(values.assumingMemoryBound(to: Double.self)[index]))
        case .integer: integers.replaceSubrange(range, with: CollectionOfOne(values.assumingMemoryBound(to: Int64.self)[index]))
        case .boolean:
            booleans.replaceSubrange(range, with: CollectionOfOne(values.assumingMemoryBound(to: UInt8.self)[index] != 0))
        case .text:
            let text = values.assumingMemoryBound(to: dsotp_plugin_bytes.self)[index]
            texts.replaceSubrange(range, with: CollectionOfOne([UInt8](text.buffer)))
        }
    }

    /// The same for a point later than all before: the usual case, without searching.
    func append(_ time: Timestamp, float: Double, quality: Quality) -> Bool {
        if let last = times.last, last >= time { return false }
        times.append(time)
        floats.append(float)
        qualities.append(quality)
        return true
    }

    /// The first place whose time is not before `time`, and whether it is the same.
    func position(of time: Timestamp) -> (Int, isEqual: Bool) {
        var low = 0
        var high = times.count
        if let last = times.last, last < time { low = high }
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return (low, low < times.count && times[low] == time)
    }
}

extension WrittenPoint {
    /// The point number `index` of the values that were given to `write`.
    init(_ column: MemoryColumn, _ time: Timestamp, _ values: UnsafeRawPointer, _ index: Int, quality: Quality, at now: Timestamp) {
        let content: Content =
            switch column.type {
            case .float: .float(values.assumingMemoryBound(to: Double.self)[index])
            case .integer: .integer(values.assumingMemoryBound(to: Int64.self)[index])
            case .boolean: .boolean(values.assumingMemoryBound(to: UInt8.self)[index] != 0)
            case .text: .text(String(decoding: values.assumingMemoryBound(to: dsotp_plugin_bytes.self)[index].buffer, as: UTF8.self))
            }
        self.init(
            writtenAt: now, database: column.identity.database, measurement: column.identity.measurement, tags: column.identity.tags,
            field: column.identity.field, time: time, content: content, quality: quality)
    }
}

let timeseriesTable = dsotp_timeseries(
    size: UInt32(MemoryLayout<dsotp_timeseries>.size), reserved: 0,
    resolve: { host, name, column, error in
        hostCall(host, error, .timeseries, "resolve") { host throws(ServiceError) in
            guard let name, let column else { throw .invalidArgument("resolve is called without a name or a place for the handle") }
            column.pointee = try host.resolve(name.pointee)
        }
    },
    write: { host, points, error in
        hostCall(host, error, .timeseries, "write") { host throws(ServiceError) in
            guard let points else { throw .invalidArgument("write is called without points") }
            try host.write(points.pointee)
        }
    },
    sync: { host, deadline, error in
        hostCall(host, error, .timeseries, "sync") { _ throws(ServiceError) in }
    },
    find: { host, search, visit, context, error in
        hostCall(host, error, .timeseries, "find") { host throws(ServiceError) in
            guard let search, let visit else { throw .invalidArgument("find is called without a search or a visitor") }
            try host.find(search.pointee) { visit(context, $0) == 1 }
        }
    },
    read: { host, read, visit, context, error in
        hostCall(host, error, .timeseries, "read") { host throws(ServiceError) in
            guard let read, let visit else { throw .invalidArgument("read is called without a range or a visitor") }
            try host.read(read.pointee) { visit(context, $0) == 1 }
        }
    })
