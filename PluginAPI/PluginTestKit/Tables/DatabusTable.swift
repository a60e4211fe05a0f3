import CPluginAPI
public import PluginAPI

/// A message that the service published.
public struct Publication: Hashable, Sendable {
    /// The topic name.
    public let topic: String
    /// Its bytes.
    public let payload: [UInt8]
    /// 0, 1 or 2.
    public let qos: UInt8
    /// Whether the databus is to keep it.
    public let retain: Bool
    /// The virtual time.
    public let time: Timestamp

    /// The payload as text.
    public var text: String { String(decoding: payload, as: UTF8.self) }

    /// The payload as JSON.
    public func json() throws -> JSONValue { try payload.withUnsafeBytes { try JSONValue($0) } }
}

let databusTable = dsotp_databus(
    size: UInt32(MemoryLayout<dsotp_databus>.size), reserved: 0,
    publish: { host, publications, count, stride, published, error in
        published?.pointee = 0
        return hostCall(host, error, .databus, "publish") { host throws(ServiceError) in
            guard count == 0 || (publications != nil && stride >= UInt64(FirstSizes.publication)) else {
                throw .invalidArgument("publish is called with a stride of \(stride) bytes or without publications")
            }
            for index in 0..<Int(clamping: count) {
                guard let place = UnsafeRawPointer(publications)?.advanced(by: index * Int(stride)) else { return }
                try host.publish(place.assumingMemoryBound(to: dsotp_publication.self).pointee)
                published?.pointee += 1
            }
        }
    })

extension MemoryHost {
    fileprivate func publish(_ publication: dsotp_publication) throws(ServiceError) {
        let topic = publication.topic.buffer
        guard Int(publication.size) >= FirstSizes.publication else {
            throw .invalidArgument(
                "a publication says it has \(publication.size) bytes, expected \(FirstSizes.publication)")
        }
        guard
            (1...65_535).contains(topic.count), isUTF8(topic),
            !topic.contains(where: { $0 == 0 || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") })
        else {
            throw .invalidArgument(
                "the topic '\(String(publication.topic))' is malformed: 1 to 65535 bytes of UTF-8 without wildcards")
        }
        guard publication.qos <= 2 else { throw .invalidArgument("quality of service \(publication.qos) is not 0, 1 or 2") }
        guard permissions.mayPublish(topic) else {
            throw .notPermitted(
                "the service may not publish to '\(String(publication.topic))': add it to `publish` in the manifest")
        }
        let kept = (String(publication.topic), [UInt8](publication.payload.buffer))
        withState { state in
            let published = Publication(
                topic: kept.0, payload: kept.1, qos: publication.qos, retain: publication.retain == 1, time: state.now)
            state.published.append(published)
            if state.keepsEvents { state.events.append(.published(published)) }
        }
    }
}
