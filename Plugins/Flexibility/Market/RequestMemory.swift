import FlexibilityMarket
import PluginAPI

/// Requests that outlive a restart: one value each, durable before anybody is told of the change.
struct RequestMemory {
    private let values: KeyValues
    private static let prefix = "request/"

    init(_ values: KeyValues) { self.values = values }

    func keep(_ record: RequestRecord) throws(ServiceError) { try values.put(Self.key(record.request.id), record.detail().bytes) }

    private static let metersKey = "meters"

    /// The settlement periods that are being metered, so that a restart does not lose what was read of them.
    func keepMeters(_ resources: [Resource]) throws(ServiceError) {
        var json = JSONWriter()
        json.beginObject()
        for resource in resources {
            guard let open = resource.meter.open else { continue }
            json.key(resource.id)
            json.beginObject()
            json.member("start", open.start.description)
            json.member("energy", open.energyKWNanoseconds)
            json.member("covered", Int(open.covered))
            json.endObject()
        }
        json.endObject()
        try values.put(Self.metersKey, json.bytes)
    }

    /// What ``keepMeters(_:)`` kept.
    func meters() throws(ServiceError) -> JSONValue? {
        try values.get(Self.metersKey).flatMap { value in value.withUnsafeBytes { try? JSONValue($0) } }
    }

    func forget(_ id: String) throws(ServiceError) { try values.remove(Self.key(id)) }

    /// All that are kept; what can't be read is told and left where it is.
    func all(_ log: Log) throws(ServiceError) -> [RequestRecord] {
        var records: [RequestRecord] = []
        for (key, value) in try values.all(withPrefix: Self.prefix) {
            guard let json = value.withUnsafeBytes({ try? JSONValue($0) }), let record = RequestRecord.kept(json) else {
                log.warning("the kept \(key) can't be read, and is left out: a later version wrote it, or it is damaged")
                continue
            }
            records.append(record)
        }
        return records
    }

    private static func key(_ id: String) -> String { prefix + id }
}
