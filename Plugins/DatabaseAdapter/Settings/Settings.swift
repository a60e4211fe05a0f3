import Readings

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
    let form: MessageForm
    let database: String
    let measurement: String
    let tags: [Tag]
    /// Whether measurands that this version does not know are stored under their name.
    let storesUnknownMeasurands: Bool
}

/// The tags of the series.
enum Tag: String, CaseIterable {
    case device, component, phase
}
