import PluginAPI

/// What the manifest's `config` says.
struct Settings {
    /// The database that points go to, unless a mapping says otherwise.
    var database = "dsotp"
    /// In their order: the first whose topics match a message takes it.
    var mappings: [Mapping] = []
    /// What the topics of dead letters begin with.
    var deadLetter = "deadletter"
    /// The most columns that the adapter makes; readings that would need more are dead letters.
    var columnLimit = 100_000
    var window = AcceptanceWindow()
}

/// How the messages of some topics become points.
struct Mapping {
    var topics: [TopicFilter] = []
    var format = Format.pmu
    var database = ""
    var measurement = ""
    var tags: [Tag] = Tag.allCases
    /// Seconds east of UTC of timestamps without zone.
    var zoneOffset = 0
    /// Whether measurands that this version does not know are stored under their name.
    var storesUnknownMeasurands = true
    /// The device and component of messages that do not name theirs.
    var device = ""
    var component = ""
    /// The level of the topic, from 1, that names the device of messages that do not; 0 for none. A leading slash makes level 1 empty.
    var deviceTopicLevel = 0
    /// What the values of a VILLAS record are, by position; nil for those that are passed over.
    var columns: [MappedColumn?] = []
}

/// One position of a VILLAS record.
struct MappedColumn {
    var component: String
    var measurand: String
    var phase: String
}

/// The forms of messages.
enum Format: String, CaseIterable {
    /// `{"device", "timestamp", "readings": [{"component", "measurand", "phase", "data"}]}`: the platform's own.
    case pmu
    /// `{"component", "timestamp", "readings": [{"measurand", "phase", "data"}]}`: one message per component.
    case sognoComponent = "sogno-component"
    /// `{"identifier", "timestamp", "readings": [{"source", "type", "data"}]}`: meters, powers in kW.
    case mac
    /// `[{"ts": {"origin": [s, ns]}, "sequence", "data": […]}]`: VILLASnode, values by position.
    case villas
}

/// The tags of the series.
enum Tag: String, CaseIterable {
    case device, component, phase
}
