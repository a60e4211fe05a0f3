import CPluginAPI
import PluginAPI

/// A message for the service under test.
public struct TestMessage: Sendable {
    /// A topic name that some subscription matches.
    public var topic: String
    /// Any bytes.
    public var payload: [UInt8]
    /// 0, 1 or 2.
    public var qos: UInt8
    /// Whether it is sent because of a new subscription.
    public var retained: Bool
    /// Whether it may have been delivered before.
    public var duplicate: Bool

    /// A message of bytes.
    public init(_ topic: String, _ payload: [UInt8], qos: UInt8 = 0, retained: Bool = false, duplicate: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retained = retained
        self.duplicate = duplicate
    }

    /// A message of text.
    public init(_ topic: String, _ payload: String, qos: UInt8 = 0, retained: Bool = false, duplicate: Bool = false) {
        self.init(topic, Array(payload.utf8), qos: qos, retained: retained, duplicate: duplicate)
    }
}

extension ServiceHarness {
    /// Delivers one message.
    @discardableResult public func publish(_ topic: String, _ payload: String, qos: UInt8 = 0) throws -> ServiceHarness {
        try deliver([TestMessage(topic, payload, qos: qos)])
    }

    /// Delivers one message.
    @discardableResult public func publish(_ topic: String, _ payload: [UInt8], qos: UInt8 = 0) throws -> ServiceHarness {
        try deliver([TestMessage(topic, payload, qos: qos)])
    }

    /// Delivers messages as one batch, received at the virtual time.
    /// - Parameter dropped: how many messages to say were dropped before.
    /// - Throws: the service's ``ServiceError``; a ``HarnessError`` if a topic matches no subscription.
    @discardableResult public func deliver(_ messages: [TestMessage], dropped: UInt64 = 0) throws -> ServiceHarness {
        try deliver(try TestBatch(messages, permissions: memory.permissions), dropped: dropped)
    }

    /// Delivers a batch that was made before, as often as one likes.
    @discardableResult public func deliver(_ batch: TestBatch, dropped: UInt64 = 0) throws -> ServiceHarness {
        guard let onMessages = service.on_messages else {
            throw HarnessError("the service takes no messages: it has no on_messages")
        }
        let received = now
        let sequence = nextSequence
        nextSequence += UInt64(batch.count)
        try call("on_messages") { error in
            batch.withMessages(received: received, sequence: sequence, dropped: dropped) { onMessages(currentInstance, $0, error) }
        }
        return try tellOutcomes()
    }
}

/// A batch of messages in memory, ready to be delivered.
public final class TestBatch {
    /// Further apart than `sizeof(dsotp_message)`, as a later host might have it.
    private static let stride = MemoryLayout<dsotp_message>.stride + 16

    let count: Int
    private let texts: [Lent]
    private let memory: UnsafeMutableRawPointer

    /// - Throws: ``HarnessError`` if a topic matches no subscription.
    public init(_ messages: [TestMessage], permissions: Permissions = .all) throws(HarnessError) {
        count = messages.count
        var texts: [Lent] = []
        memory = .allocate(byteCount: max(1, messages.count) * TestBatch.stride, alignment: 8)
        for (index, message) in messages.enumerated() {
            guard let subscription = permissions.subscription(of: message.topic) else {
                memory.deallocate()
                throw HarnessError("the service is not subscribed to '\(message.topic)'")
            }
            let topic = Lent(Array(message.topic.utf8))
            let payload = Lent(message.payload)
            texts += [topic, payload]
            let place = memory.advanced(by: index * TestBatch.stride)
            place.initializeMemory(as: UInt8.self, repeating: 0xAA, count: TestBatch.stride)
            place.storeBytes(
                of: dsotp_message(
                    size: UInt32(TestBatch.stride), subscription: UInt32(subscription),
                    topic: dsotp_host_bytes(UnsafeRawBufferPointer(topic.bytes)),
                    payload: dsotp_host_bytes(UnsafeRawBufferPointer(payload.bytes)), received: 0, sequence: 0, qos: message.qos,
                    retained: message.retained ? 1 : 0, duplicate: message.duplicate ? 1 : 0, reserved: (0, 0, 0, 0, 0)),
                as: dsotp_message.self)
        }
        self.texts = texts
    }

    deinit { memory.deallocate() }

    func withMessages(
        received: Timestamp, sequence: UInt64, dropped: UInt64, _ body: (UnsafePointer<dsotp_message_batch>) -> dsotp_status
    ) -> dsotp_status {
        withExtendedLifetime(texts) {
            for index in 0..<count {
                let message = memory.advanced(by: index * TestBatch.stride).assumingMemoryBound(to: dsotp_message.self)
                message.pointee.received = received.nanoseconds
                message.pointee.sequence = sequence + UInt64(index)
            }
            var batch = dsotp_message_batch(
                size: UInt32(MemoryLayout<dsotp_message_batch>.size), count: UInt32(count), stride: UInt64(TestBatch.stride),
                messages: UnsafePointer(memory.assumingMemoryBound(to: dsotp_message.self)), dropped: dropped)
            return body(&batch)
        }
    }
}
