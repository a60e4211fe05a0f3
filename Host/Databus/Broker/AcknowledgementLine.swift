import NIOCore

/// The PUBACKs of one client that wait for local subscribers, in the order of the publications: one may only leave
/// when all before it have (MQTT 3.1.1, 4.6.0-2).
struct AcknowledgementLine {
    private var entries = CircularBuffer<(packetIdentifier: UInt16, outstanding: Int32)>()
    private var frontSequence: UInt32 = 0
    /// Whether the publication at hand has an entry already.
    private(set) var isOpen = false

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Makes the entry of the publication at hand, held open until `close`, and returns its sequence number.
    mutating func open(_ packetIdentifier: UInt16) -> UInt32 {
        if !isOpen {
            isOpen = true
            entries.append((packetIdentifier, 1))
        }
        return frontSequence &+ UInt32(entries.count - 1)
    }

    /// One more acknowledgement is to come for the publication at hand.
    mutating func expect() {
        entries[entries.index(before: entries.endIndex)].outstanding += 1
    }

    /// The publication at hand has been offered to everybody.
    mutating func close() {
        guard isOpen else { return }
        isOpen = false
        entries[entries.index(before: entries.endIndex)].outstanding -= 1
    }

    /// Puts a PUBACK that waits for nobody behind those that do.
    mutating func append(_ packetIdentifier: UInt16) { entries.append((packetIdentifier, 0)) }

    /// One acknowledgement arrived; unknown sequence numbers are ignored.
    mutating func acknowledge(_ sequence: UInt32) {
        let offset = Int(sequence &- frontSequence)
        guard offset < entries.count else { return }
        let index = entries.index(entries.startIndex, offsetBy: offset)
        if entries[index].outstanding > 0 { entries[index].outstanding -= 1 }
    }

    /// The next PUBACK that may leave.
    mutating func popReady() -> UInt16? {
        guard let first = entries.first, first.outstanding == 0 else { return nil }
        entries.removeFirst()
        frontSequence &+= 1
        return first.packetIdentifier
    }
}
