public import PluginAPI

/// One reading as it stands in a message, before it is judged. Its bytes are the message's, or those of the parser.
public struct Reading {
    /// Where a message holds several devices; else empty.
    var device = UnsafeRawBufferPointer(start: nil, count: 0)
    var component = UnsafeRawBufferPointer(start: nil, count: 0)
    var measurand = UnsafeRawBufferPointer(start: nil, count: 0)
    var phase = UnsafeRawBufferPointer(start: nil, count: 0)
    var unit = UnsafeRawBufferPointer(start: nil, count: 0)
    var value = 0.0
    var uncertainty = 0.0
    var hasUncertainty = false
    var quality = Quality.good
    /// Which of a message's stamps it belongs to: VILLAS arrays have several.
    var stamp = 0
    /// Its place in the message, from 0.
    public internal(set) var index = 0
    /// What the format multiplies values by: meters report kilowatts.
    var factor = 1.0
    /// The value is the mean over so many seconds before its stamp; 0 for an instant.
    var intervalSeconds = 0.0
}

/// A reading that cannot be used, and why.
public struct Refusal: Sendable {
    /// The reading's place in the message, from 0.
    public let index: Int
    public let reason: String

    public init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}

/// Why a whole message cannot be used.
public struct MessageRefusal: Error {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    init(_ error: JSONError) { reason = "the payload is not the JSON expected, \(error)" }
}

/// What a message holds. Reused from message to message, so that it allocates nothing.
public struct ParsedMessage {
    /// Empty if the message names none.
    public internal(set) var device = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The message's own stamp, or those of its records.
    public internal(set) var stamps: [Timestamp] = []
    public internal(set) var readings: [Reading] = []
    /// Readings that could not be read; who uses the others adds its own.
    public var refusals: [Refusal] = []

    public init() {}

    /// Keeps what lies within a window of time. A message with one stamp outside is refused, of several records those.
    public mutating func keep(_ window: AcceptanceWindow, now: Timestamp) throws(MessageRefusal) {
        let reasons = stamps.map { window.refusal(of: $0, now: now) }
        guard reasons.contains(where: { $0 != nil }) else { return }
        if stamps.count == 1, let reason = reasons[0] { throw MessageRefusal("the message \(reason)") }
        for reading in readings {
            if let reason = reasons[reading.stamp] { refusals.append(Refusal(index: reading.index, reason: reason)) }
        }
        readings.removeAll { reasons[$0.stamp] != nil }
    }

    mutating func removeAll() {
        device = UnsafeRawBufferPointer(start: nil, count: 0)
        stamps.removeAll(keepingCapacity: true)
        // What one huge message needed is not kept for ever.
        readings.removeAll(keepingCapacity: readings.capacity <= 65_536)
        refusals.removeAll(keepingCapacity: refusals.capacity <= 65_536)
    }
}
