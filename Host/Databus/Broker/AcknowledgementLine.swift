import NIOCore

/// The PUBACKs and PUBRECs of one client that wait for local subscribers, in the order of the publications: one may
/// only leave when all before it have (MQTT 3.1.1, 4.6.0-2 and 4.6.0-3).
struct AcknowledgementLine {
    private struct Entry {
        let packetIdentifier: UInt16
        /// Whether a PUBREC is due, not a PUBACK.
        let isExactlyOnce: Bool
        var outstanding: Int32 = 0
        /// The local session that has the publication: `nobody`, one, or `several`.
        var holder = AcknowledgementLine.nobody
    }

    private static let nobody: Int32 = 0
    private static let several: Int32 = -1

    private var entries = CircularBuffer<Entry>()
    private var frontSequence: UInt32 = 0
    /// Whether the publication at hand has an entry already.
    private(set) var isOpen = false

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Makes the entry of the publication at hand, held open until `close`, and returns its sequence number.
    mutating func open(_ packetIdentifier: UInt16, isExactlyOnce: Bool) -> UInt32 {
        if !isOpen {
            isOpen = true
            entries.append(Entry(packetIdentifier: packetIdentifier, isExactlyOnce: isExactlyOnce, outstanding: 1))
        }
        return frontSequence &+ UInt32(entries.count - 1)
    }

    /// One more acknowledgement is to come for the publication at hand.
    /// - Parameter holder: the local session that has it; nil while it is queued for one that is away.
    mutating func expect(from holder: Int?) {
        let index = entries.index(before: entries.endIndex)
        entries[index].outstanding += 1
        if let holder { note(holder, at: index) }
    }

    /// A publication that was queued has been handed to the local session; unknown sequence numbers are ignored.
    mutating func handOver(_ sequence: UInt32, to holder: Int) {
        if let index = index(of: sequence) { note(holder, at: index) }
    }

    private mutating func note(_ holder: Int, at index: CircularBuffer<Entry>.Index) {
        let holder = Int32(truncatingIfNeeded: holder)
        let known = entries[index].holder
        entries[index].holder = known == Self.nobody || known == holder ? holder : Self.several
    }

    /// Whether an acknowledgement waits for this local session; where several had the publication, it may be another.
    func waits(for holder: Int) -> Bool {
        let holder = Int32(truncatingIfNeeded: holder)
        return entries.contains { $0.outstanding > 0 && ($0.holder == holder || $0.holder == Self.several) }
    }

    /// The publication at hand has been offered to everybody.
    mutating func close() {
        guard isOpen else { return }
        isOpen = false
        entries[entries.index(before: entries.endIndex)].outstanding -= 1
    }

    /// Puts an acknowledgement that waits for nobody behind those that do.
    mutating func append(_ packetIdentifier: UInt16, isExactlyOnce: Bool) {
        entries.append(Entry(packetIdentifier: packetIdentifier, isExactlyOnce: isExactlyOnce))
    }

    /// One acknowledgement arrived; unknown sequence numbers are ignored.
    mutating func acknowledge(_ sequence: UInt32) {
        guard let index = index(of: sequence) else { return }
        if entries[index].outstanding > 0 { entries[index].outstanding -= 1 }
    }

    private func index(of sequence: UInt32) -> CircularBuffer<Entry>.Index? {
        let offset = Int(sequence &- frontSequence)
        return offset < entries.count ? entries.index(entries.startIndex, offsetBy: offset) : nil
    }

    /// The next PUBACK or PUBREC that may leave.
    mutating func popReady() -> (packetIdentifier: UInt16, isExactlyOnce: Bool)? {
        guard let first = entries.first, first.outstanding == 0 else { return nil }
        entries.removeFirst()
        frontSequence &+= 1
        return (first.packetIdentifier, first.isExactlyOnce)
    }
}
