/// Texts to publish together, lent to the databus for one call.
struct OutgoingBatch {
    struct Message {
        let topic: String
        let payload: String
        let isRetained: Bool
    }
    private var bytes: [UInt8] = []
    private var entries: [(topic: Range<Int>, payload: Range<Int>, isRetained: Bool)] = []

    init(_ messages: [Message]) {
        bytes.reserveCapacity(messages.reduce(0) { $0 + $1.topic.utf8.count + $1.payload.utf8.count })
        for message in messages {
            let start = bytes.count
            bytes.append(contentsOf: message.topic.utf8)
            let middle = bytes.count
            bytes.append(contentsOf: message.payload.utf8)
            entries.append((start..<middle, middle..<bytes.count, message.isRetained))
        }
    }

    /// Publishes at QoS 1; returns how many were taken.
    func publish(to databus: any ServiceDatabus) -> Int {
        guard !entries.isEmpty else { return 0 }
        return bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: OutgoingMessage.self, capacity: entries.count) { messages in
                for (index, entry) in entries.enumerated() {
                    messages.initializeElement(
                        at: index,
                        to: OutgoingMessage(
                            topic: UnsafeRawBufferPointer(rebasing: bytes[entry.topic]),
                            payload: UnsafeRawBufferPointer(rebasing: bytes[entry.payload]), qos: 1, isRetained: entry.isRetained))
                }
                return databus.publish(service: "$commands", messages: UnsafeBufferPointer(messages))
            }
        }
    }
}
