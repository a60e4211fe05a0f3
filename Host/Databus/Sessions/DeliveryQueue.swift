import NIOCore

/// The QoS 1 and 2 messages of one session on their way to its client: first those sent and not acknowledged, then
/// those waiting.
///
/// Packet identifiers are handed out in order, so an acknowledgement finds its entry by subtraction.
struct DeliveryQueue {
    enum State: UInt8 {
        /// Acknowledged out of order; goes when all before it are.
        case done
        case awaitingPuback
        case awaitingPubrec
        case awaitingPubcomp
    }

    struct Entry {
        /// nil once nobody can ask for the bytes again.
        var message: Message?
        var state: State
        var retain: Bool
    }

    /// Packet identifiers handed out: 1 up to this.
    private let identifiers: Int

    private var entries = CircularBuffer<Entry>()
    /// Entries at the front that own a packet identifier.
    private var numbered = 0
    /// Entries at the front that have been sent on this connection.
    private var sent = 0
    /// Number of the front entry, modulo `identifiers`.
    private var frontNumber = 0
    /// Sent and not acknowledged.
    private(set) var inFlight = 0
    /// Bytes of the messages held.
    private(set) var byteCount = 0

    /// - Parameter identifiers: identifiers to hand out, from 1; those above are left to whoever else shares the connection's.
    init(identifiers: Int = 65_535) { self.identifiers = identifiers }

    /// Messages not sent yet, ever.
    var waiting: Int { entries.count - numbered }
    /// Whether something can be sent as soon as there is room.
    var hasUnsent: Bool { sent < entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// Puts a message behind the others.
    mutating func append(_ message: Message, qos: UInt8, retain: Bool) {
        byteCount += message.byteCount
        entries.append(Entry(message: message, state: qos == 2 ? .awaitingPubrec : .awaitingPuback, retain: retain))
    }

    /// Numbers a message that is sent at once and whose bytes nobody will ask for again.
    /// - Returns: its packet identifier; nil when others wait or the window is full.
    @inline(__always)
    mutating func appendSent(qos: UInt8, window: Int) -> UInt16? {
        guard sent == entries.count, inFlight < window, numbered < identifiers else { return nil }
        entries.append(Entry(message: nil, state: qos == 2 ? .awaitingPubrec : .awaitingPuback, retain: false))
        let identifier = self.identifier(at: numbered)
        numbered += 1
        sent += 1
        inFlight += 1
        return identifier
    }

    /// The message at the front, while its bytes are kept.
    var front: Message? { entries.first?.message }

    /// What to send next, and under which identifier.
    struct Next {
        let entry: Entry
        let packetIdentifier: UInt16
        let duplicate: Bool
    }

    /// The next entry to send: first what an earlier connection left unacknowledged, then what waits, as the window
    /// allows. With `keepingBytes` false the entry forgets its message.
    mutating func next(window: Int, keepingBytes: Bool) -> Next? {
        while sent < entries.count {
            let index = sent
            if index < numbered {
                sent += 1
                let entry = self[index]
                if entry.state == .done { continue }
                return Next(entry: entry, packetIdentifier: identifier(at: index), duplicate: true)
            }
            guard inFlight < window, numbered < identifiers else { return nil }
            let entry = self[index]
            numbered += 1
            sent += 1
            inFlight += 1
            if !keepingBytes { forgetBytes(at: index) }
            return Next(entry: entry, packetIdentifier: identifier(at: index), duplicate: false)
        }
        return nil
    }

    /// PUBACK, or PUBCOMP when `expected` is `awaitingPubcomp`: the message is delivered.
    /// - Returns: false when no such message is in flight.
    mutating func complete(_ packetIdentifier: UInt16, expected: State) -> Bool {
        guard let index = index(of: packetIdentifier), self[index].state == expected else { return false }
        inFlight -= 1
        forgetBytes(at: index)
        setState(.done, at: index)
        while let first = entries.first, first.state == .done, numbered > 0 {
            entries.removeFirst()
            numbered -= 1
            // After `rewind` an entry may be acknowledged before it has been sent again.
            if sent > 0 { sent -= 1 }
            frontNumber = (frontNumber + 1) % identifiers
        }
        return true
    }

    /// PUBREC: the client owns the message now, only its identifier remains to be released.
    /// - Returns: false when no such message is in flight.
    mutating func received(_ packetIdentifier: UInt16) -> Bool {
        guard let index = index(of: packetIdentifier) else { return false }
        if self[index].state == .awaitingPubcomp { return true }
        guard self[index].state == .awaitingPubrec else { return false }
        forgetBytes(at: index)
        setState(.awaitingPubcomp, at: index)
        return true
    }

    /// A new connection: everything unacknowledged is to be sent again (MQTT 3.1.1, section 4.4).
    mutating func rewind() { sent = 0 }

    private func identifier(at index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (frontNumber + index) % identifiers + 1)
    }

    private func index(of packetIdentifier: UInt16) -> Int? {
        let number = Int(packetIdentifier) - 1
        let index = number >= frontNumber ? number - frontNumber : number - frontNumber + identifiers
        return index < numbered ? index : nil
    }

    private subscript(index: Int) -> Entry { entries[offset: index] }

    private mutating func setState(_ state: State, at index: Int) {
        entries[entries.index(entries.startIndex, offsetBy: index)].state = state
    }

    private mutating func forgetBytes(at index: Int) {
        let position = entries.index(entries.startIndex, offsetBy: index)
        if let message = entries[position].message { byteCount -= message.byteCount }
        entries[position].message = nil
    }
}
