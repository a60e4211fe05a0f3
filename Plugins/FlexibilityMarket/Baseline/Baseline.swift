public import PluginAPI

/// The power that would have been without the activation, and how it is known.
public struct Baseline: Hashable, Sendable {
    public enum Method: String, CaseIterable, Sendable {
        /// Given from outside: a D-prognosis, the programme of a balance responsible party.
        case external
        /// Interpolated between what was metered before and after; for activations of less than two hours.
        case meterBeforeMeterAfter = "meter-before-meter-after"
        /// The own forecast's median, as it was at the acceptance.
        case forecast
        /// The mean of the X highest of the Y last days of the kind, adjusted by what the day was like before the activation.
        case highXOfY = "high-x-of-y"
    }

    public let method: Method
    /// What it was made of: runs of forecasts, days, a name given from outside.
    public let reference: String
    /// When it was frozen.
    public let frozen: Timestamp
    /// Power in each settlement period, kW; NaN where it is known only afterwards.
    public var kilowatts: [Double]
    /// The same of each resource, where it is known.
    public var resources: [String: [Double]]

    public init(_ method: Method, reference: String, frozen: Timestamp, kilowatts: [Double], resources: [String: [Double]] = [:]) {
        (self.method, self.reference, self.frozen, self.kilowatts, self.resources) = (method, reference, frozen, kilowatts, resources)
    }

    func write(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("method", method.rawValue)
        json.member("reference", reference)
        json.member("frozen", frozen.description)
        json.numbers("kw", kilowatts)
        json.key("resources")
        json.beginObject()
        for (resource, powers) in resources.sorted(by: { $0.key < $1.key }) { json.numbers(resource, powers) }
        json.endObject()
        json.endObject()
    }

    init?(_ json: JSONValue?) {
        guard let json, let method = json["method"]?.text.flatMap(Method.init), let frozen = json["frozen"]?.text.flatMap({ Timestamp(text: $0) }) else { return nil }
        self.init(method, reference: json["reference"]?.text ?? "", frozen: frozen, kilowatts: json.numbers("kw"))
        for (resource, _) in json["resources"]?.members ?? [] { resources[resource] = json["resources"]?.numbers(resource) ?? [] }
    }
}
