public import PluginAPI

/// Something that the service did, in the order in which it did it: see ``ServiceHarness/takeEvents()``.
public enum HarnessEvent: Hashable, Sendable {
    /// It published a message.
    case published(Publication)
    /// It wrote a point.
    case wrote(WrittenPoint)
    /// It wrote a log line, at this virtual time.
    case logged(LogLine, at: Timestamp)
}

/// A point as the service wrote it.
public struct WrittenPoint: Hashable, Sendable {
    /// A value of one of the four types.
    public enum Content: Hashable, Sendable {
        case float(Double)
        case integer(Int64)
        case boolean(Bool)
        case text(String)
    }

    /// The virtual time at which it was written.
    public let writtenAt: Timestamp
    /// The database, measurement, tags and field of its column.
    public let database: String
    public let measurement: String
    public let tags: [String: String]
    public let field: String
    /// When it was measured.
    public let time: Timestamp
    public let content: Content
    /// Good unless the service said otherwise.
    public let quality: Quality
}

extension ServiceHarness {
    /// From now on keeps what the service does as events. A harness that runs for long takes them from time to time.
    public func keepEvents() { memory.withState { $0.keepsEvents = true } }

    /// What the service did since the last call, in its order. Forgets it, and with it ``published`` and ``log``, so that memory does not
    /// grow with the length of a run.
    public func takeEvents() -> [HarnessEvent] {
        let events = memory.withState { $0.events }
        memory.withState { state in
            state.events = []
            state.published = []
            state.log = []
        }
        return events
    }

    /// Forgets all that the service did: what it published, logged, wrote, measured and answered. Its handles of columns and metrics become
    /// invalid, as after `stop`.
    public func forget() {
        _ = takeEvents()
        memory.withState { state in
            state.columns = []
            state.columnsByName = [:]
            state.metrics = []
            state.metricsByName = [:]
            state.responses = [:]
        }
    }
}
