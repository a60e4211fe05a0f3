internal import CPluginAPI
internal import Glibc
internal import Logging

/// The host as the runner's tables reach it: over the call channel, one call at a time, from any thread.
///
/// Nothing is permitted or refused here: that is the host's to decide, for a runner can't be believed.
final class RemoteHost: @unchecked Sendable {
    // @unchecked: `channel` and `frame` are used with `lock` held.

    private let channel: Channel
    private let frame = FrameWriter()
    private let lock = Monitor()

    init(descriptor: Int32) { channel = Channel(descriptor: descriptor, limit: 512 << 20) }

    /// Makes a call and reads the members of its reply. Without the host there is nothing left to do: the process ends.
    @discardableResult
    func call<Result>(
        _ kind: FrameKind, _ build: (FrameWriter) -> Void, always: (inout FrameReader) -> Void = { _ in },
        result: (inout FrameReader) throws(MalformedFrame) -> Result
    ) throws(ServiceFault) -> Result {
        let outcome: Swift.Result<Result, ServiceFault> = lock.withLock {
            frame.begin(kind)
            build(frame)
            frame.finish()
            do {
                try channel.send(frame)
                let (_, body) = try channel.receive()
                var reader = FrameReader(body)
                if let fault = try reader.outcome() {
                    always(&reader)
                    return .failure(fault)
                }
                return .success(try result(&reader))
            } catch {
                Runner.leaveWithoutHost()
            }
        }
        return try outcome.get()
    }

    /// Tells the host something that it does not answer.
    private func tell(_ kind: FrameKind, _ build: (FrameWriter) -> Void) {
        lock.withLock {
            frame.begin(kind)
            build(frame)
            frame.finish()
            do { try channel.send(frame) } catch { Runner.leaveWithoutHost() }
        }
    }

    func publish(_ messages: UnsafeBufferPointer<OutgoingMessage>) -> (taken: Int, fault: ServiceFault?) {
        var taken = 0
        func published(_ body: inout FrameReader) { taken = min(messages.count, Int(clamping: (try? body.number(UInt64.self)) ?? 0)) }
        do throws(ServiceFault) {
            try call(.publish) { frame in
                frame.append(UInt32(messages.count))
                for message in messages {
                    frame.append(message.qos)
                    frame.append(UInt8(message.isRetained ? 1 : 0))
                    frame.append(UInt16(0))
                    frame.append(counted: message.topic)
                    frame.append(counted: message.payload)
                }
            } always: {
                published(&$0)
            } result: {
                published(&$0)
            }
            return (taken, nil)
        } catch {
            return (taken, error)
        }
    }

    func addRoute(_ route: Route) throws(ServiceFault) {
        try call(.addRoute) { frame in
            frame.append(route.number)
            frame.append(route.leastRole.number)
            frame.append(route.method)
            frame.append(route.path)
            frame.append(route.operation ?? "")
        } result: { _ in }
    }

    func setSchemas(_ json: String) throws(ServiceFault) { try call(.setSchemas) { $0.append(json) } result: { _ in } }

    func respond(_ request: UInt64, _ response: ServiceResponse) throws(ServiceFault) {
        try call(.respond) { frame in
            frame.append(request)
            frame.append(UInt32(response.status))
            frame.append(response.contentType)
            response.body.withUnsafeBytes { frame.append(counted: $0) }
        } result: { _ in }
    }

    func setTimer(_ timer: UInt64, first: Int64, period: Int64) throws(ServiceFault) {
        try call(.setTimer) { frame in
            frame.append(timer)
            frame.append(first)
            frame.append(period)
        } result: { _ in }
    }

    func cancelTimer(_ timer: UInt64) { tell(.cancelTimer) { $0.append(timer) } }

    func log(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata) {
        tell(.log) { frame in
            frame.append(UInt32(Logger.Level.allCases.firstIndex(of: level) ?? 0))
            frame.append(text)
            frame.append(pairs: metadata.map { ($0.key, "\($0.value)") })
        }
    }

    /// The host's handle of a metric.
    func declare(
        _ kind: MetricKind, _ name: String, help: String, labels: [(name: String, value: String)]
    ) throws(ServiceFault) -> UInt64 {
        try call(.declareMetric) { frame in
            frame.append(kind.rawValue)
            frame.append(name)
            frame.append(help)
            frame.append(pairs: labels)
        } result: { body throws(MalformedFrame) in try body.number() }
    }

    func report(_ changes: [MetricChange]) {
        tell(.metrics) { frame in
            frame.append(UInt32(changes.count))
            for change in changes {
                frame.append(change.handle)
                frame.append(change.value.bitPattern)
                frame.append(UInt32(change.buckets.count))
                for bucket in change.buckets { frame.append(bucket) }
            }
        }
    }
}

/// The time-series store.
extension RemoteHost {
    func resolve(_ name: ColumnName, type: PointType) throws(ServiceFault) -> UInt64 {
        try call(.resolve) { frame in
            frame.append(type.rawValue)
            frame.append(name.database)
            frame.append(name.measurement)
            frame.append(name.field)
            frame.append(pairs: name.tags.map { ($0.key, $0.value) })
        } result: { body throws(MalformedFrame) in try body.number() }
    }

    func write(_ given: dsotp_points, type: PointType, values: UnsafeRawPointer) throws(ServiceFault) {
        let count = Int(given.count)
        func array(_ frame: FrameWriter, _ start: UnsafeRawPointer?, _ size: Int) {
            frame.align()
            frame.append(raw: UnsafeRawBufferPointer(start: start, count: count * size))
        }
        try call(.write) { frame in
            frame.append(type.rawValue)
            frame.append(UInt32(count))
            frame.append(UInt32(given.qualities == nil ? 0 : 1))
            frame.append(UInt32(0))
            array(frame, given.columns, 8)
            array(frame, given.times, 8)
            if type == .text {
                let texts = values.assumingMemoryBound(to: dsotp_plugin_bytes.self)
                for index in 0..<count { frame.append(counted: UnsafeRawBufferPointer(texts[index]) ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
            } else {
                array(frame, values, type == .boolean ? 1 : 8)
            }
            if let qualities = given.qualities { array(frame, qualities, 4) }
        } result: { _ in }
    }

    /// Waits in slices, so that other threads of the service can make their calls meanwhile.
    func sync(deadline: Int64, clock: any ServiceClock) throws(ServiceFault) {
        while true {
            let slice = min(deadline, clock.now().saturatingAdd(clock.serviceTime(for: 20_000_000)))
            do throws(ServiceFault) {
                return try call(.sync) { $0.append(slice) } result: { _ in }
            } catch {
                guard error.status == dsotp_status(DSOTP_TIMED_OUT), slice < deadline else { throw error }
            }
        }
    }

    func find(
        database: String, measurement: String, tags: [ColumnTag], field: String
    ) throws(ServiceFault) -> [(column: FoundColumn, handle: UInt64)] {
        try call(.find) { frame in
            frame.append(database)
            frame.append(measurement)
            frame.append(field)
            frame.append(pairs: tags.map { ($0.key, $0.value) })
        } result: { body throws(MalformedFrame) in
            var found: [(column: FoundColumn, handle: UInt64)] = []
            for _ in 0..<(try body.listCount(ofAtLeast: 20)) {
                let handle: UInt64 = try body.number()
                let type = PointType(rawValue: try body.number()) ?? .float
                let tags = try body.pairs().map { ColumnTag(key: $0.name, value: $0.value) }
                let name = ColumnName(database: database, measurement: measurement, tags: tags, field: try body.text())
                found.append((FoundColumn(column: handle, name: name, type: type), handle))
            }
            return found
        }
    }

    /// Reads page after page: a column has one point a time, so that the next page begins beside the last time of this one.
    func read(_ given: dsotp_read, _ visit: (UnsafePointer<dsotp_run>) -> Bool) throws(ServiceFault) {
        var (from, through) = (given.from, given.through)
        var remaining = given.limit == 0 ? UInt64.max : given.limit
        while remaining > 0, from <= through {
            let page = try page(given, from: from, through: through, limit: remaining)
            guard let last = page.times.last, page.lend(visit) else { return }
            remaining -= min(remaining, UInt64(page.times.count))
            if given.descending == 1 {
                guard last > .min else { return }
                through = last - 1
            } else {
                guard last < .max else { return }
                from = last + 1
            }
        }
    }

    private func page(_ given: dsotp_read, from: Int64, through: Int64, limit: UInt64) throws(ServiceFault) -> ReadPage {
        try call(.read) { frame in
            frame.append(given.column)
            frame.append(from)
            frame.append(through)
            frame.append(limit)
            frame.append(given.descending)
        } result: { body throws(MalformedFrame) in try ReadPage(&body) }
    }
}

/// The service's memory.
extension RemoteHost {
    func memoryGet(_ key: String) throws(ServiceFault) -> [UInt8] {
        try call(.memoryGet) { $0.append(key) } result: { body throws(MalformedFrame) in Array(try body.counted()) }
    }

    func memoryPut(_ key: String, _ value: UnsafeRawBufferPointer) throws(ServiceFault) {
        try call(.memoryPut) { frame in
            frame.append(key)
            frame.append(counted: value)
        } result: { _ in }
    }

    func memoryRemove(_ key: String) throws(ServiceFault) { try call(.memoryRemove) { $0.append(key) } result: { _ in } }

    func memoryVisit(_ prefix: String) throws(ServiceFault) -> [(key: String, value: [UInt8])] {
        try call(.memoryVisit) { $0.append(prefix) } result: { body throws(MalformedFrame) in
            var found: [(key: String, value: [UInt8])] = []
            for _ in 0..<(try body.listCount(ofAtLeast: 8)) { found.append((try body.text(), Array(try body.counted()))) }
            return found
        }
    }
}
