internal import CPluginAPI
internal import Synchronization
internal import Topics

/// `dsotp.databus/1`.
enum DatabusTable {
    static var table: dsotp_databus {
        dsotp_databus(
            size: UInt32(MemoryLayout<dsotp_databus>.size), reserved: 0,
            publish: { host, publications, count, stride, published, error in
                published?.pointee = 0
                return HostCall.run(host, error) { context throws(ServiceFault) in
                    let taken = try Self.publish(context, publications, count, stride)
                    published?.pointee = taken.count
                    if let fault = taken.fault { throw fault }
                }
            })
    }

    /// Publishes what stands before the first publication that is refused.
    private static func publish(
        _ context: ServiceContext, _ publications: UnsafePointer<dsotp_publication>?, _ count: UInt64, _ stride: UInt64
    ) throws(ServiceFault) -> (count: UInt64, fault: ServiceFault?) {
        if count == 0 { return (0, nil) }
        guard let publications, count <= 1 << 24, stride >= UInt64(MinimumSize.publication), stride <= 1 << 16, stride % 8 == 0 else {
            throw .invalid(
                "databus: the publications are malformed (expected a pointer and a stride of at least \(MinimumSize.publication); got stride \(stride))"
            )
        }
        let first = UnsafeRawPointer(publications)
        return withUnsafeTemporaryAllocation(of: OutgoingMessage.self, capacity: Int(count)) { messages in
            var fault: ServiceFault?
            var valid = 0
            do throws(ServiceFault) {
                while valid < Int(count) {
                    let publication = (first + valid * Int(stride)).assumingMemoryBound(to: dsotp_publication.self)
                    messages.initializeElement(at: valid, to: try message(context, publication))
                    valid += 1
                }
            } catch {
                fault = error
            }
            if let remote = context.remote {
                let outcome = remote.host.publish(UnsafeBufferPointer(rebasing: messages[..<valid]))
                return (UInt64(outcome.taken), outcome.fault ?? fault)
            }
            if let rate = context.publishRate, let allowed = rate.take(valid), allowed < valid {
                valid = allowed
                fault = context.overPublishRate(rate)
            }
            let taken =
                valid == 0
                ? 0
                : context.bridges.databus.publish(
                    service: context.manifest.service, messages: UnsafeBufferPointer(rebasing: messages[..<valid]))
            context.counters.published.wrappingAdd(UInt64(taken), ordering: .relaxed)
            if taken < valid {
                fault = ServiceFault(
                    status: dsotp_status(DSOTP_TRY_AGAIN), isRetryable: true,
                    sentence:
                        "databus: \(valid - taken) of \(count) messages were not taken, the databus is full (publish them again later)")
            }
            return (UInt64(taken), fault)
        }
    }

    private static func message(
        _ context: ServiceContext, _ publication: UnsafePointer<dsotp_publication>
    ) throws(ServiceFault) -> OutgoingMessage {
        try HostCall.require(size: publication.pointee.size, atLeast: MinimumSize.publication, "databus: dsotp_publication")
        guard publication.pointee.qos <= 2, publication.pointee.retain <= 1 else {
            throw .invalid(
                "databus: QoS or retain is out of range (expected 0 … 2 and 0 or 1; got \(publication.pointee.qos) and \(publication.pointee.retain))"
            )
        }
        guard let topic = UnsafeRawBufferPointer(publication.pointee.topic), (1...longestTopic).contains(topic.count), isTopicName(topic) else {
            throw .invalid(
                "databus: the topic is malformed (expected 1 … \(longestTopic) bytes of UTF-8 in at most \(deepestTopic) levels, without +, # and U+0000; got \(publication.pointee.topic.count) bytes)"
            )
        }
        // 268,435,455 is what the remaining length of an MQTT packet can say (MQTT 3.1.1, section 2.2.3).
        guard let payload = UnsafeRawBufferPointer(publication.pointee.payload), payload.count + topic.count + 4 <= 268_435_455 else {
            throw .invalid("databus: the payload is malformed (expected a pointer and at most 256 MiB)")
        }
        guard context.remote != nil || context.manifest.publish.contains(where: { $0.matches(topic) }) else {
            let name = String(decoding: topic.prefix(256), as: UTF8.self)
            throw context.notPermitted("publish to '\(name)'", remedy: "add a filter that covers it to 'publish' in the manifest")
        }
        if context.remote == nil, let fault = arbitrated(context, topic) { throw fault }
        return OutgoingMessage(
            topic: topic, payload: payload, qos: publication.pointee.qos, isRetained: publication.pointee.retain == 1)
    }

    /// The refusal of a topic on which devices are commanded, or on which the host itself tells of commands; `nil` for others.
    private static func arbitrated(_ context: ServiceContext, _ topic: UnsafeRawBufferPointer) -> ServiceFault? {
        guard let topics = context.bridges.commands?.topics else { return nil }
        if topics.isReserved(topic) {
            let name = String(decoding: topic.prefix(256), as: UTF8.self)
            return context.notPermitted("publish to the command topic '\(name)'", remedy: "submit it by dsotp.command/1")
        }
        guard CommandTopics.isOwn(topic) else { return nil }
        let name = String(decoding: topic.prefix(256), as: UTF8.self)
        return context.notPermitted("publish to '\(name)'", remedy: "only the host publishes below commands/")
    }

    /// What the databus takes, as of clients: a longer topic would be refused there, and trying again would not help.
    private static let longestTopic = 4_096
    private static let deepestTopic = 128

    private static func isTopicName(_ topic: UnsafeRawBufferPointer) -> Bool {
        var levels = 1
        for byte in topic {
            if byte == UInt8(ascii: "/") { levels += 1 }
            if byte == 0 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") { return false }
        }
        return levels <= deepestTopic && topic.isUTF8
    }
}
