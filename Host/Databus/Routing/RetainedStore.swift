/// Where retained messages live (MQTT 3.1.1, section 3.3.1.3). The broker asks on its event loop only.
///
/// The store in memory is `RetainedTree`; one that survives kill -9 takes its place without a change to the broker.
protocol RetainedStore: AnyObject {
    /// Messages held.
    var count: Int { get }
    /// Bytes of topics and payloads held, and of what holds them.
    var byteCount: Int { get }
    /// Keeps the message as its topic's retained one, or removes that when the payload is empty.
    func retain(_ packet: PublishPacket)
    /// The retained message of a topic.
    func message(on topic: UnsafeRawBufferPointer) -> Message?
    /// Calls `body` with every retained message whose topic the filter matches.
    func forEachMatch(_ filter: UnsafeRawBufferPointer, _ body: (Message) -> Void)
}
