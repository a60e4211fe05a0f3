public import PluginAPI

/// How the messages of some topics are to be read: their format, and the names that they do not bear themselves.
public struct MessageForm: Sendable {
    public let topics: [TopicFilter]
    public let format: MessageFormat
    /// Seconds east of UTC of timestamps without zone.
    let zoneOffset: Int
    /// The device and component of messages that do not name theirs.
    let device: NameBytes
    let component: NameBytes
    /// The level of the topic, from 1, that names the device of messages that do not; 0 for none. A leading slash makes level 1 empty.
    let deviceTopicLevel: Int
    /// What the values of a VILLAS record are, by position; nil for those that are passed over.
    let columns: [Column?]

    /// One position of a VILLAS record.
    struct Column: Sendable {
        let component: NameBytes
        let measurand: NameBytes
        let phase: NameBytes
    }

    /// Whether messages of the topic have this form.
    public func matches(_ topic: UnsafeRawBufferPointer) -> Bool { topics.contains { $0.matches(topic) } }
}

/// The forms of messages.
public enum MessageFormat: String, CaseIterable, Sendable {
    /// `{"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}`: the platform's own.
    case pmu
    /// `{"component", "timestamp", "readings": [{"measurand", "phase", "data"}]}`: one message per component.
    case sognoComponent = "sogno-component"
    /// `{"identifier", "timestamp", "readings": [{"source", "type", "data"}]}`: meters, powers in kW.
    case mac
    /// `[{"ts": {"origin": [s, ns]}, "sequence", "data": […]}]`: VILLASnode, values by position.
    case villas
    /// IEC 61968-9 `MeterReadings` in XML, bare or in a message's payload: intervals and instants of any number of meters.
    case meterReadings = "meter-readings"
}

/// The UTF-8 of a name of the configuration, in memory of its own, so that it can stand beside names that stand in a message.
final class NameBytes: @unchecked Sendable {
    // @unchecked: the memory is written in `init` alone.
    let bytes: UnsafeRawBufferPointer

    init(_ text: String) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        memory.copyBytes(from: text.utf8)
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
}
