import PluginAPI
import Readings

/// What the manifest's `config` says.
struct ExporterSettings {
    /// What the names of metrics made from readings begin with.
    var prefix = "grid"
    /// How long a value is shown after it last came.
    var expiry = Duration.seconds(900)
    /// The most series that are kept; what would be more is counted and told.
    var seriesLimit = 100_000
    /// Whether samples bear the time of the reading. Prometheus then refuses those that are older than what it has.
    var showsTime = false
    var readings: [ReadingMapping] = []
    var documents: [DocumentMapping] = []
}

/// Messages with readings: every measurand becomes a metric, device, component and phase are its labels.
struct ReadingMapping {
    let form: MessageForm
    let prefix: String
    /// Labels that all of these bear.
    let constants: [(key: String, value: String)]
}

/// JSON documents (estimates, forecasts): the metrics that are taken out of them.
struct DocumentMapping {
    let topics: [TopicFilter]
    let metrics: [DocumentMetric]
}

/// One metric of a document.
struct DocumentMetric {
    let name: String
    let help: String
    let kind: MetricKind
    /// Where the list stands whose elements each give a sample; nil: the document gives one.
    let each: JSONPath?
    /// Where the number stands, in the element.
    let value: JSONPath
    /// What it is multiplied by.
    let scale: Double
    /// Labels out of the element, out of the document, out of a level of the topic (from 1), and constant ones.
    let labels: [(key: String, path: JSONPath)]
    let documentLabels: [(key: String, path: JSONPath)]
    let topicLabels: [(key: String, level: Int)]
    let constants: [(key: String, value: String)]
}

/// The types of metrics that values may have.
enum MetricKind: String, CaseIterable {
    case gauge, counter
}
