public import PluginAPI

extension FlexibilityRequest {
    /// Writes the request's members in the form that ``init(_:)`` reads.
    public func write(_ json: inout JSONWriter) {
        json.member("id", id)
        json.member("revision", revision)
        json.member("source", source.rawValue)
        json.key("location")
        location.write(&json)
        json.key("intervals")
        json.beginArray()
        for interval in intervals { interval.write(&json, isSetPoint: isSetPoint) }
        json.endArray()
        if let expires { json.member("expires", expires.description) }
        if let notBefore { json.member("not_before", notBefore.description) }
        if let pricePerKWh { json.member("price", pricePerKWh) }
        json.member("priority", priority)
        json.member("min_activation_factor", minimumActivationFactor)
        if !reference.isEmpty { json.member("reference", reference) }
    }
}

extension FlexibilityRequest.Location {
    /// Writes the place as an object.
    public func write(_ json: inout JSONWriter) {
        json.beginObject()
        switch self {
        case .congestionPoint(let name): json.member("congestion_point", name)
        case .community(let name): json.member("community", name)
        case .asset(let name): json.member("asset", name)
        case .connection(let name): json.member("connection", name)
        case .nodes(let names):
            json.key("nodes")
            json.beginArray()
            for name in names { json.value(name) }
            json.endArray()
        }
        json.endObject()
    }

    /// As sentences call it.
    public var description: String {
        switch self {
        case .congestionPoint(let name): name
        case .community(let name): "the community \(name)"
        case .asset(let name): "the asset \(name)"
        case .connection(let name): "the connection \(name)"
        case .nodes(let names): names.joined(separator: ", ")
        }
    }
}

extension FlexibilityRequest.Interval {
    func write(_ json: inout JSONWriter, isSetPoint: Bool) {
        json.beginObject()
        json.member("start", start.description)
        json.member("end", end.description)
        if isSetPoint {
            json.member("setpoint_kw", kilowatts.lowerBound)
        } else {
            json.member("min_kw", kilowatts.lowerBound)
            json.member("max_kw", kilowatts.upperBound)
            if !isRequested { json.member("disposition", "available") }
        }
        json.endObject()
    }
}
