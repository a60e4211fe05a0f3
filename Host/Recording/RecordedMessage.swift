/// One message of the databus as it was received.
public struct RecordedMessage: Hashable, Sendable {
    /// Nanoseconds since the recording began; never less than that of the message before.
    public var time: Int64
    /// The topic name.
    public var topic: String
    /// Any bytes.
    public var payload: [UInt8]
    /// Quality of service of the delivery: 0, 1 or 2.
    public var qos: UInt8
    /// Whether it had been kept by the databus from before the recorder subscribed.
    public var isRetained: Bool

    public init(time: Int64, topic: String, payload: [UInt8], qos: UInt8 = 0, isRetained: Bool = false) {
        self.time = time
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }
}
