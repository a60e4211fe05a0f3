internal import CPluginAPI

/// Callbacks with structs, flattened: first what describes them, then all bytes behind each other.
extension FrameWriter {
    /// One message of a batch as it crosses.
    struct MessageHeader {
        var topic: UInt32
        var payload: UInt32
        var subscription: UInt32
        var qos: UInt8
        var retained: UInt8
        var duplicate: UInt8
        var reserved: UInt8 = 0
        var received: Int64
        var sequence: UInt64
    }

    /// `u32` count, `u32` 0, `u64` dropped, headers, bytes.
    func append(batch: dsotp_message_batch) {
        append(batch.count)
        append(UInt32(0))
        append(batch.dropped)
        guard let messages = batch.messages else { return }
        let given = UnsafeBufferPointer(start: messages, count: Int(batch.count))
        for message in given {
            append(
                MessageHeader(
                    topic: UInt32(message.topic.count), payload: UInt32(message.payload.count), subscription: message.subscription,
                    qos: message.qos, retained: message.retained, duplicate: message.duplicate, received: message.received,
                    sequence: message.sequence))
        }
        for message in given {
            append(raw: UnsafeRawBufferPointer(start: message.topic.data, count: Int(message.topic.count)))
            append(raw: UnsafeRawBufferPointer(start: message.payload.data, count: Int(message.payload.count)))
        }
    }

    func append(lent bytes: dsotp_host_bytes) { append(counted: UnsafeRawBufferPointer(start: bytes.data, count: Int(bytes.count))) }

    func append(request: dsotp_request) {
        append(request.identifier)
        append(request.deadline)
        append(request.route)
        for text in [request.method, request.path, request.content_type, request.user, request.role, request.body] { append(lent: text) }
        append(lent: request.path_parameters, count: request.path_parameter_count)
        append(lent: request.query_items, count: request.query_item_count)
    }

    private func append(lent pairs: UnsafePointer<dsotp_host_pair>?, count: UInt64) {
        append(UInt32(count))
        for pair in UnsafeBufferPointer(start: pairs, count: Int(count)) {
            append(lent: pair.name)
            append(lent: pair.value)
        }
    }
}

extension FrameWriter.MessageHeader: BitwiseCopyable {}

extension FrameReader {
    /// Lends the messages of a batch in place.
    mutating func withBatch(_ body: (UnsafePointer<dsotp_message_batch>) -> Void) throws(MalformedFrame) {
        let count = Int(try number(UInt32.self))
        _ = try number(UInt32.self)
        let dropped: UInt64 = try number()
        let headers = try array(of: FrameWriter.MessageHeader.self, count: count)
        var bytes = self
        let failure: MalformedFrame? = withUnsafeTemporaryAllocation(of: dsotp_message.self, capacity: max(count, 1)) { messages in
            do throws(MalformedFrame) {
                for index in 0..<count {
                    let header = headers[index]
                    let topic = try bytes.take(Int(header.topic)), payload = try bytes.take(Int(header.payload))
                    messages.initializeElement(
                        at: index,
                        to: dsotp_message(
                            size: UInt32(MemoryLayout<dsotp_message>.size), subscription: header.subscription, topic: topic.lent,
                            payload: payload.lent, received: header.received, sequence: header.sequence, qos: header.qos,
                            retained: header.retained, duplicate: header.duplicate, reserved: (0, 0, 0, 0, 0)))
                }
            } catch {
                return error
            }
            var batch = dsotp_message_batch(
                size: UInt32(MemoryLayout<dsotp_message_batch>.size), count: UInt32(count),
                stride: UInt64(MemoryLayout<dsotp_message>.stride), messages: messages.baseAddress, dropped: dropped)
            body(&batch)
            return nil
        }
        if let failure { throw failure }
    }

    /// Lends a request in place.
    mutating func withRequest(_ body: (UnsafePointer<dsotp_request>) -> Void) throws(MalformedFrame) {
        let identifier: UInt64 = try number()
        let deadline: Int64 = try number()
        let route: UInt32 = try number()
        let method = try counted().lent, path = try counted().lent, contentType = try counted().lent
        let user = try counted().lent, role = try counted().lent, content = try counted().lent
        let parameters = try lentPairs(), query = try lentPairs()
        parameters.withUnsafeBufferPointer { parameters in
            query.withUnsafeBufferPointer { query in
                var request = dsotp_request(
                    size: UInt32(MemoryLayout<dsotp_request>.size), route: route, identifier: identifier, method: method, path: path,
                    content_type: contentType, body: content, path_parameters: parameters.baseAddress,
                    path_parameter_count: UInt64(parameters.count), query_items: query.baseAddress,
                    query_item_count: UInt64(query.count), user: user, role: role, deadline: deadline)
                body(&request)
            }
        }
    }

    private mutating func lentPairs() throws(MalformedFrame) -> [dsotp_host_pair] {
        var pairs: [dsotp_host_pair] = []
        for _ in 0..<(try listCount(ofAtLeast: 8)) { pairs.append(dsotp_host_pair(name: try counted().lent, value: try counted().lent)) }
        return pairs
    }
}

extension UnsafeRawBufferPointer {
    /// As the ABI lends it from host to service.
    var lent: dsotp_host_bytes { dsotp_host_bytes(data: baseAddress, count: UInt64(count)) }
    /// As the ABI lends it from service to host.
    var given: dsotp_plugin_bytes { dsotp_plugin_bytes(data: baseAddress, count: UInt64(count)) }
}
