internal import CPluginAPI
internal import Logging

extension CallServer {
    private static let databus = DatabusTable.table
    private static let http = HTTPTable.table
    private static let metricTable = MetricsTable.table
    private static let timers = TimerTable.table

    /// `u32` count; for each `u8` QoS, `u8` retain, `u16` 0, topic, payload. Answers `u64` published.
    func publish(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        publications.removeAll(keepingCapacity: true)
        for _ in 0..<(try body.listCount(ofAtLeast: 12)) {
            let qos: UInt8 = try body.number(), retain: UInt8 = try body.number()
            _ = try body.number(UInt16.self)
            let topic = try body.counted().given, payload = try body.counted().given
            publications.append(
                dsotp_publication(
                    size: UInt32(MemoryLayout<dsotp_publication>.size), qos: qos, retain: retain, reserved: (0, 0), topic: topic,
                    payload: payload))
        }
        var published: UInt64 = 0
        answer(reply) { error in
            publications.withUnsafeBufferPointer { given in
                Self.databus.publish?(
                    context.host, given.baseAddress, UInt64(given.count), UInt64(MemoryLayout<dsotp_publication>.stride), &published, error)
            }
        }
        reply.append(published)
    }

    func addRoute(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let number: UInt32 = try body.number(), role: UInt32 = try body.number()
        let method = try body.counted().given, path = try body.counted().given, operation = try body.counted().given
        var route = dsotp_route(
            size: UInt32(MemoryLayout<dsotp_route>.size), route: number, method: method, path: path, least_role: role, reserved: 0,
            operation: operation)
        answer(reply) { Self.http.add_route?(context.host, &route, $0) }
    }

    func setSchemas(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let json = try body.counted().given
        answer(reply) { Self.http.set_schemas?(context.host, json, $0) }
    }

    func respond(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let identifier: UInt64 = try body.number()
        let status: UInt32 = try body.number()
        let contentType = try body.counted().given, content = try body.counted().given
        var response = dsotp_response(
            size: UInt32(MemoryLayout<dsotp_response>.size), status: status, content_type: contentType, body: content)
        answer(reply) { Self.http.respond?(context.host, identifier, &response, $0) }
    }

    func setTimer(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let timer: UInt64 = try body.number()
        let first: Int64 = try body.number(), period: Int64 = try body.number()
        answer(reply) { Self.timers.set?(context.host, timer, first, period, $0) }
    }

    func cancelTimer(_ body: inout FrameReader) throws(MalformedFrame) {
        let timer: UInt64 = try body.number()
        Self.timers.cancel?(context.host, timer)
    }

    /// The line is rate-limited here too.
    func log(_ body: inout FrameReader) throws(MalformedFrame) {
        let number = Int(try body.number(UInt32.self))
        let text = try body.text()
        var metadata: Logger.Metadata = [:]
        for pair in try body.pairs().prefix(64) { metadata[pair.name] = .string(pair.value) }
        let levels = Logger.Level.allCases
        context.log.write(levels[min(number, levels.count - 1)], String(text.prefix(16_384)), metadata)
    }

    /// Answers `u64` handle.
    func declareMetric(_ body: inout FrameReader, _ reply: FrameWriter) throws(MalformedFrame) {
        let kind: UInt32 = try body.number()
        let name = try body.counted().given, help = try body.counted().given
        var labels: [dsotp_plugin_pair] = []
        for _ in 0..<(try body.listCount(ofAtLeast: 8)) {
            labels.append(dsotp_plugin_pair(name: try body.counted().given, value: try body.counted().given))
        }
        var metric: UInt64 = 0
        answer(reply) { Self.metricTable.declare?(context.host, kind, name, help, labels, UInt64(labels.count), &metric, $0) }
        reply.append(metric)
    }

    /// What changed since the last time: `u32` count; for each `u64` handle, `f64` value or sum, `u32` number of buckets, `u64` each.
    func metrics(_ body: inout FrameReader) throws(MalformedFrame) {
        for _ in 0..<(try body.listCount(ofAtLeast: 20)) {
            let handle: UInt64 = try body.number()
            let value = try body.real()
            var buckets: [UInt64] = []
            for _ in 0..<(try body.listCount(ofAtLeast: 8)) { buckets.append(try body.number()) }
            context.metrics.metric(handle)?.merge(value, buckets: buckets)
        }
    }
}
