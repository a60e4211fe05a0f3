import PluginAPI
import Readings

extension ExporterSettings {
    /// Reads the configuration, and refuses with a sentence what it does not know.
    init(_ configuration: Configuration) throws(ServiceError) {
        let root: JSONValue
        do throws(JSONError) { root = try JSONValue(configuration.json) } catch {
            throw .invalidConfiguration("config is not JSON, \(error)")
        }
        let object = try ConfigurationObject(root, at: "config")
        try object.allow(["prefix", "expiry", "limits", "timestamps", "readings", "documents"])
        prefix = try Self.metricName(object, "prefix") ?? prefix
        if let seconds = try object.seconds("expiry") { expiry = .seconds(max(1, seconds)) }
        if let limits = try object.object("limits") {
            try limits.allow(["series"])
            seriesLimit = try limits.integer("series", in: 1...10_000_000) ?? seriesLimit
        }
        showsTime = try object.boolean("timestamps") ?? showsTime
        for object in try object.objects("readings") ?? [] { readings.append(try Self.readingMapping(object, prefix: prefix)) }
        for object in try object.objects("documents") ?? [] { documents.append(try Self.documentMapping(object)) }
        guard !readings.isEmpty || !documents.isEmpty else {
            throw .invalidConfiguration("config names nothing to export: list at least one of readings or documents")
        }
        try checkKinds()
    }

    private static func readingMapping(_ object: ConfigurationObject, prefix: String) throws(ServiceError) -> ReadingMapping {
        try object.allow(MessageForm.keys + ["prefix", "labels"])
        let taken = ["device", "component", "phase"]
        return ReadingMapping(
            form: try MessageForm(object), prefix: try metricName(object, "prefix") ?? prefix,
            constants: try constants(object, "labels", besides: taken))
    }

    private static func documentMapping(_ object: ConfigurationObject) throws(ServiceError) -> DocumentMapping {
        try object.allow(["topics", "metrics"])
        var topics: [TopicFilter] = []
        for text in try object.texts("topics") ?? [] {
            guard let filter = TopicFilter(text) else {
                throw .invalidConfiguration("\(object.path).topics has '\(text)', which is no topic filter: + and # stand alone between slashes, # last")
            }
            topics.append(filter)
        }
        var metrics: [DocumentMetric] = []
        for object in try object.objects("metrics") ?? [] { metrics.append(try metric(object)) }
        guard !topics.isEmpty, !metrics.isEmpty else {
            throw .invalidConfiguration("\(object.path) needs topics and metrics: the documents, and what is taken out of them")
        }
        return DocumentMapping(topics: topics, metrics: metrics)
    }

    private static func metric(_ object: ConfigurationObject) throws(ServiceError) -> DocumentMetric {
        try object.allow(["name", "help", "type", "each", "value", "scale", "labels", "document_labels", "topic_labels", "constants"])
        guard let name = try metricName(object, "name"), let value = try JSONPath(object, "value") else {
            throw .invalidConfiguration("\(object.path) needs name and value: how the metric is called, and where its number stands")
        }
        let labels = try paths(object, "labels")
        let documentLabels = try paths(object, "document_labels")
        let topicLabels = try levels(object, "topic_labels")
        let named = labels.map(\.key) + documentLabels.map(\.key) + topicLabels.map(\.key)
        let constants = try constants(object, "constants", besides: named)
        if let twice = named.first(where: { name in named.filter { $0 == name }.count > 1 }) {
            throw .invalidConfiguration("\(object.path) gives the label '\(twice)' twice")
        }
        return DocumentMetric(
            name: name, help: try object.text("help") ?? "\(name) from the databus.", kind: try object.choice("type", MetricKind.self) ?? .gauge,
            each: try JSONPath(object, "each"), value: value, scale: try object.number("scale", in: -1e30...1e30) ?? 1, labels: labels,
            documentLabels: documentLabels, topicLabels: topicLabels, constants: constants)
    }

    /// A metric has one type and one help, wherever its samples come from.
    private func checkKinds() throws(ServiceError) {
        var kinds: [String: MetricKind] = [:]
        for metric in documents.flatMap(\.metrics) {
            if let kind = kinds[metric.name], kind != metric.kind {
                throw .invalidConfiguration("config.documents makes \(metric.name) a \(kind.rawValue) and a \(metric.kind.rawValue), expected one of them")
            }
            kinds[metric.name] = metric.kind
        }
    }

    private static func paths(_ object: ConfigurationObject, _ key: String) throws(ServiceError) -> [(key: String, path: JSONPath)] {
        guard let inner = try object.object(key) else { return [] }
        var found: [(key: String, path: JSONPath)] = []
        for label in inner.keys {
            try checkLabel(label, at: inner.path)
            guard let path = try JSONPath(inner, label) else { continue }
            found.append((label, path))
        }
        return found
    }

    private static func levels(_ object: ConfigurationObject, _ key: String) throws(ServiceError) -> [(key: String, level: Int)] {
        guard let inner = try object.object(key) else { return [] }
        var found: [(key: String, level: Int)] = []
        for label in inner.keys {
            try checkLabel(label, at: inner.path)
            guard let level = try inner.integer(label, in: 1...128) else { continue }
            found.append((label, level))
        }
        return found
    }

    private static func constants(
        _ object: ConfigurationObject, _ key: String, besides taken: [String]
    ) throws(ServiceError) -> [(key: String, value: String)] {
        guard let inner = try object.object(key) else { return [] }
        var found: [(key: String, value: String)] = []
        for label in inner.keys {
            try checkLabel(label, at: inner.path)
            guard !taken.contains(label) else { throw .invalidConfiguration("\(inner.path).\(label) is a label that the samples bear already") }
            guard let text = try inner.text(label) else { continue }
            found.append((label, text))
        }
        return found
    }

    private static func metricName(_ object: ConfigurationObject, _ key: String) throws(ServiceError) -> String? {
        guard let text = try object.text(key) else { return nil }
        guard MetricName.isValid(text) else {
            throw .invalidConfiguration("\(object.path).\(key) is '\(text)', expected letters, digits and underscores, not beginning with a digit")
        }
        return text
    }

    private static func checkLabel(_ name: String, at path: String) throws(ServiceError) {
        guard MetricName.isValid(name), !name.hasPrefix("__") else {
            throw .invalidConfiguration("\(path) has the label '\(name)', expected letters, digits and underscores, not beginning with a digit or two underscores")
        }
    }
}
