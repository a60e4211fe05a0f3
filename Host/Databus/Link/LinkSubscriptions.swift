import NIOCore

/// What a link has subscribed to at the external broker, against what is wanted here.
struct LinkSubscriptions {
    /// One filter of one local subscriber.
    struct Interest: Hashable {
        let session: Int
        let filter: String
        let qos: UInt8
    }

    /// SUBSCRIBE and UNSUBSCRIBE packets name at most so many filters, or take about so many bytes: brokers limit packets.
    private static let filtersInPacket = 64
    private static let bytesInPacket = 16 << 10
    private static let firstIdentifier = UInt16(LinkOutbox.publicationIdentifiers + 1)

    /// With QoS.
    private(set) var cover: [String: UInt8] = [:]
    /// Filters that the session at the broker has, as far as is known, with the QoS asked for; 0xFF for those of an earlier run.
    private(set) var held: [String: UInt8] = [:]
    /// Filters that the broker refused.
    private(set) var refused: Set<String> = []
    private var interests: Set<Interest> = []
    /// Filters of each SUBSCRIBE that is not answered.
    private var unanswered: [UInt16: [String]] = [:]
    private var nextIdentifier = LinkSubscriptions.firstIdentifier

    /// Whether the broker has answered everything that it was asked.
    var isSettled: Bool { unanswered.isEmpty }

    /// - Parameter remembered: filters of the session at the broker when this host last ran.
    init(remembered: [String]) { held = Dictionary(remembered.map { ($0, 0xFF) }, uniquingKeysWith: max) }

    /// A new connection, on which everything is asked for again.
    /// - Parameter sessionPresent: whether the broker has kept the session with its filters.
    mutating func reconnected(sessionPresent: Bool) {
        held = sessionPresent ? held.mapValues { _ in 0xFF } : [:]
        refused = []
        unanswered = [:]
    }

    /// Takes what local subscribers want now and writes what the broker must be told.
    ///
    /// A filter that is held already is subscribed to again when a further local subscriber comes under it, so that the broker sends the
    /// retained messages once more (MQTT 3.1.1, 3.8.4).
    /// - Returns: whether the filters held have changed.
    mutating func update(_ wanted: Set<Interest>, to output: inout ByteBuffer) -> Bool {
        let cover = FilterCover.cover(wanted.map { ($0.filter, min($0.qos, 1)) })
        let fresh = FilterCover.cover(wanted.subtracting(interests).map { ($0.filter, $0.qos) })
        interests = wanted
        self.cover = cover
        let subscribing = cover.filter { filter, qos in
            held[filter] != qos || fresh.keys.contains { FilterCover.covers(filter, $0) }
        }
        let unsubscribing = held.keys.filter { cover[$0] == nil }
        for packet in packets(subscribing.keys) {
            let identifier = makeIdentifier()
            unanswered[identifier] = packet
            output.writeSubscribe(packetIdentifier: identifier, filters: packet.map { ($0, subscribing[$0] ?? 0) })
        }
        for packet in packets(unsubscribing) { output.writeUnsubscribe(packetIdentifier: makeIdentifier(), filters: packet) }
        held = cover
        refused.formIntersection(cover.keys)
        return !subscribing.isEmpty || !unsubscribing.isEmpty
    }

    /// SUBACK.
    /// - Returns: the filters that the broker refuses.
    mutating func answered(_ packet: SubackPacket) -> [String] {
        guard let filters = unanswered.removeValue(forKey: packet.packetIdentifier) else { return [] }
        var refusedNow: [String] = []
        for (filter, code) in zip(filters, packet.returnCodes) {
            if code == 0x80 { refusedNow.append(filter) } else { refused.remove(filter) }
        }
        refused.formUnion(refusedNow)
        return refusedNow
    }

    private func packets(_ filters: some Sequence<String>) -> [[String]] {
        var packets: [[String]] = []
        var bytes = 0
        for filter in filters.sorted() {
            bytes += filter.utf8.count + 3
            if packets.isEmpty || packets[packets.count - 1].count >= Self.filtersInPacket || bytes > Self.bytesInPacket {
                packets.append([])
                bytes = filter.utf8.count + 3
            }
            packets[packets.count - 1].append(filter)
        }
        return packets
    }

    private mutating func makeIdentifier() -> UInt16 {
        defer { nextIdentifier = nextIdentifier == .max ? Self.firstIdentifier : nextIdentifier + 1 }
        return nextIdentifier
    }
}
