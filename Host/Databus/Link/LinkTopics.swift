/// How topics are written for the external broker.
///
/// RabbitMQ's MQTT plugin takes a dot for a slash: `switches/L3-4.N4` has three levels there and is not matched by `switches/+`. With a text for
/// dots, such as `%2E`, topics leave with that in the place of each dot, and get their dots back when they arrive.
struct LinkTopics {
    private static let dotByte = UInt8(ascii: ".")
    private let dot: [UInt8]

    /// - Parameter dot: stands for a dot at the broker; nil leaves topics as they are.
    init(dot: String?) { self.dot = Array((dot ?? "").utf8) }

    /// A filter as the broker gets it.
    func outgoing(_ filter: String) -> String {
        guard !dot.isEmpty, filter.utf8.contains(Self.dotByte) else { return filter }
        return filter.split(separator: ".", omittingEmptySubsequences: false).joined(separator: String(decoding: dot, as: UTF8.self))
    }

    /// Shows a publication as the broker gets it.
    @inline(__always)
    func withOutgoing<Result>(_ packet: PublishPacket, _ body: (PublishPacket) -> Result) -> Result {
        guard !dot.isEmpty, packet.topic.contains(Self.dotByte) else { return body(packet) }
        return replace(packet, [Self.dotByte], dot, body)
    }

    /// Shows a publication of the broker as local subscribers get it.
    @inline(__always)
    func withIncoming<Result, Failure: Error>(
        _ packet: PublishPacket, _ body: (PublishPacket) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let first = dot.first, packet.topic.contains(first) else { return try body(packet) }
        return try replace(packet, dot, [Self.dotByte], body)
    }

    @inline(never)
    private func replace<Value, Failure: Error>(
        _ packet: PublishPacket, _ old: [UInt8], _ new: [UInt8], _ body: (PublishPacket) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        // A topic stands behind its two-byte length.
        var topic: [UInt8] = [0, 0]
        var rest = packet.topic[...]
        while !rest.isEmpty {
            if rest.starts(with: old) {
                topic += new
                rest = rest.dropFirst(old.count)
            } else {
                topic.append(rest.removeFirst())
            }
        }
        let count = topic.count - 2
        (topic[0], topic[1]) = (UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count))
        let result: Result<Value, Failure> = topic.withUnsafeBytes { bytes in
            let renamed = PublishPacket(
                topic: UnsafeRawBufferPointer(rebasing: bytes[2...]), payload: packet.payload, qos: packet.qos, retain: packet.retain,
                duplicate: packet.duplicate, packetIdentifier: packet.packetIdentifier)
            do throws(Failure) { return .success(try body(renamed)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
