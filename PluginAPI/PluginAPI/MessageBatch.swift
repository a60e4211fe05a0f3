public import CPluginAPI

/// Messages in the order of their arrival, in the host's memory: valid during the call that passes them. Copies nothing.
@frozen public struct MessageBatch: RandomAccessCollection {
    @usableFromInline let first: UnsafeRawPointer?
    @usableFromInline let stride: Int
    /// How many messages.
    public let count: Int
    /// Messages dropped since the last batch because the mailbox was full (see `queue` in the manifest).
    public let dropped: UInt64

    /// Looks at a batch of the host; refuses messages smaller than those of ABI 1.0.
    package init(_ batch: UnsafePointer<dsotp_message_batch>) throws(ServiceError) {
        let smallest = UInt64(FirstSizes.message)
        guard
            Int(batch.pointee.size) >= FirstSizes.messageBatch,
            batch.pointee.count == 0 || (batch.pointee.stride >= smallest && batch.pointee.messages != nil)
        else {
            throw .versionMismatch(
                "the host passes a batch of \(batch.pointee.size) bytes with messages \(batch.pointee.stride) bytes apart, "
                    + "ABI 1.0 has \(FirstSizes.messageBatch) and \(smallest): the host is defective")
        }
        first = UnsafeRawPointer(batch.pointee.messages)
        stride = Int(clamping: batch.pointee.stride)
        count = Int(batch.pointee.count)
        dropped = batch.pointee.dropped
    }

    /// Always 0.
    @inlinable public var startIndex: Int { 0 }
    /// As ``count``.
    @inlinable public var endIndex: Int { count }

    /// The message number `index`, from 0.
    @inlinable public subscript(index: Int) -> Message {
        precondition(index >= 0 && index < count, "a batch of \(count) messages has no number \(index)")
        // Not empty, hence `first` is there: see `init`.
        return Message(first.unsafelyUnwrapped.advanced(by: index * stride).assumingMemoryBound(to: dsotp_message.self))
    }
}

/// One message from the databus, in the host's memory: valid during the call that passes it. Copy what you keep.
@frozen public struct Message {
    @usableFromInline let message: UnsafePointer<dsotp_message>

    @inlinable init(_ message: UnsafePointer<dsotp_message>) { self.message = message }

    /// The topic's UTF-8.
    @inlinable public var topic: UnsafeRawBufferPointer { message.pointee.topic.buffer }
    /// The payload.
    @inlinable public var payload: UnsafeRawBufferPointer { message.pointee.payload.buffer }
    /// Index of the entry under `subscribe` in the manifest that the topic matched first.
    @inlinable public var subscription: Int { Int(message.pointee.subscription) }
    /// When the host received it.
    @inlinable public var received: Timestamp { Timestamp(nanoseconds: message.pointee.received) }
    /// Counts the deliveries to this instance, from 1, without holes but for dropped messages.
    @inlinable public var sequence: UInt64 { message.pointee.sequence }
    /// Quality of service it was published with: 0, 1 or 2.
    @inlinable public var qos: UInt8 { message.pointee.qos }
    /// Whether it is a retained message sent because of a new subscription.
    @inlinable public var isRetained: Bool { message.pointee.retained != 0 }
    /// Whether it may have been delivered before.
    @inlinable public var isDuplicate: Bool { message.pointee.duplicate != 0 }

    /// A copy of the topic as text.
    public var topicText: String { String(decoding: topic, as: UTF8.self) }
    /// A copy of the payload as text; bytes that are not UTF-8 are replaced.
    public var payloadText: String { String(decoding: payload, as: UTF8.self) }
}
