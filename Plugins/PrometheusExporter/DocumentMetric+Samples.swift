import PluginAPI
import Readings

extension DocumentMetric {
    /// One number of a document.
    struct Sample {
        let labels: [UInt8]
        let value: Double
    }

    /// The samples that a document has; elements without the number have none.
    func samples(of document: JSONValue, topicLevels: [String]) -> [Sample] {
        let elements: [JSONValue]
        if let each {
            elements = each.elements(in: document)
        } else {
            elements = [document]
        }
        guard !elements.isEmpty else { return [] }
        var common = constants
        for label in documentLabels { common.append((label.key, label.path.find(in: document)?.shown ?? "")) }
        for label in topicLabels { common.append((label.key, label.level <= topicLevels.count ? topicLevels[label.level - 1] : "")) }
        return elements.compactMap { element in
            guard let number = Self.number(value.find(in: element)) else { return nil }
            let own = labels.map { (key: $0.key, value: $0.path.find(in: element)?.shown ?? "") }
            return Sample(labels: Exposition.labels(own + common), value: number * scale)
        }
    }

    /// Numbers, and truths as 0 and 1.
    private static func number(_ value: JSONValue?) -> Double? { value?.number ?? value?.boolean.map { $0 ? 1 : 0 } }
}
