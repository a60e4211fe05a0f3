import CPluginAPI

/// `dsotp.databus/1`: publishing to the databus. A topic outside of the manifest's `publish` is refused. Any thread.
public struct Databus: Sendable {
    let table: HostTable<dsotp_databus>

    /// Publishes one message.
    /// - Throws: ``Status/notPermitted``, ``Status/invalidArgument`` (malformed topic), ``Status/tryAgain`` (the databus is full).
    public func publish(_ topic: String, _ payload: String, qos: UInt8 = 0, retain: Bool = false) throws(ServiceError) {
        try topic.withPluginBytes { topic throws(ServiceError) in
            try payload.withPluginBytes { payload throws(ServiceError) in
                try publish(topic: topic.buffer, payload: payload.buffer, qos: qos, retain: retain)
            }
        }
    }

    /// Publishes one message from the caller's memory, without copying it here.
    public func publish(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8 = 0, retain: Bool = false
    ) throws(ServiceError) {
        var publication = dsotp_publication(topic: topic, payload: payload, qos: qos, retain: retain)
        let functions = try table.required()
        try ServiceError.check { error in
            functions.publish(table.host, &publication, 1, UInt64(MemoryLayout<dsotp_publication>.stride), nil, error)
        }
    }

    /// Publishes messages in their order and empties the batch. If one is refused, those before it are published, and what is
    /// left in the batch begins with the refused one.
    public func publish(_ batch: inout PublicationBatch) throws(ServiceError) {
        guard !batch.isEmpty else { return }
        let functions = try table.required()
        var published: UInt64 = 0
        do throws(ServiceError) {
            try ServiceError.check { error in
                batch.withPublications { publications in
                    functions.publish(
                        table.host, publications.baseAddress, UInt64(publications.count),
                        UInt64(MemoryLayout<dsotp_publication>.stride), &published, error)
                }
            }
            batch.removeAll()
        } catch {
            batch.removeFirst(Int(clamping: published))
            throw error
        }
    }
}

extension dsotp_publication {
    /// A message to publish, lending the caller's memory.
    init(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, qos: UInt8, retain: Bool) {
        self.init()
        size = UInt32(MemoryLayout<dsotp_publication>.size)
        self.qos = qos
        self.retain = retain ? 1 : 0
        self.topic = dsotp_plugin_bytes(topic)
        self.payload = dsotp_plugin_bytes(payload)
    }
}
