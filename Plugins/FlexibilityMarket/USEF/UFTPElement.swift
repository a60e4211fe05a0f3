public import PluginAPI

/// An element of a UFTP message: the form that its XML and its JSON have in common.
///
/// In JSON attributes are members with UFTP's names, children lists under theirs: `{"FlexRequest": {"Revision": 1, "ISP": [{"Start": 37, …}]}}`.
public struct UFTPElement: Hashable, Sendable {
    public var name: String
    public var attributes: [String: String]
    public var children: [UFTPElement]

    public init(_ name: String, _ attributes: [String: String] = [:], _ children: [UFTPElement] = []) {
        (self.name, self.attributes, self.children) = (name, attributes, children)
    }

    /// The children of a name, in their order.
    public func children(_ name: String) -> [UFTPElement] { children.filter { $0.name == name } }

    /// An attribute that must be there.
    /// - Throws: ``Status/invalidArgument``.
    public func required(_ attribute: String) throws(ServiceError) -> String {
        guard let value = attributes[attribute], !value.isEmpty else { throw .invalidArgument("\(name) has no \(attribute), which UFTP requires") }
        return value
    }

    /// A whole number; nil if it is not there.
    public func integer(_ attribute: String) throws(ServiceError) -> Int? {
        guard let text = attributes[attribute] else { return nil }
        guard let number = Int(text) else { throw .invalidArgument("\(name).\(attribute) is '\(text.prefix(40))', expected a whole number") }
        return number
    }

    /// A decimal number; nil if it is not there.
    public func decimal(_ attribute: String) throws(ServiceError) -> Double? {
        guard let text = attributes[attribute] else { return nil }
        guard let number = Double(text), number.isFinite else { throw .invalidArgument("\(name).\(attribute) is '\(text.prefix(40))', expected a number") }
        return number
    }

    /// A time; nil if it is not there.
    public func time(_ attribute: String) throws(ServiceError) -> Timestamp? {
        guard let text = attributes[attribute] else { return nil }
        guard let time = Timestamp(text: text) else { throw .invalidArgument("\(name).\(attribute) is '\(text.prefix(40))', expected a time with its zone") }
        return time
    }
}

extension UFTPElement {
    /// Attributes that JSON writes as numbers.
    private static let numbers: Set<String> = [
        "Revision", "MinPower", "MaxPower", "Power", "Start", "Duration", "BaselinePower", "OrderedFlexPower", "ActualPower", "DeliveredFlexPower",
        "PowerDeficiency", "Price", "Penalty", "NetSettlement", "ActivationFactor", "MinActivationFactor",
    ]

    /// As JSON, the element's name outermost.
    public var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.key(name)
        writeMembers(&json)
        json.endObject()
        return json
    }

    private func writeMembers(_ json: inout JSONWriter) {
        json.beginObject()
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
            if Self.numbers.contains(key), let integer = Int(value) {
                json.member(key, integer)
            } else if Self.numbers.contains(key), let number = Double(value) {
                json.member(key, number)
            } else {
                json.member(key, value)
            }
        }
        var names: [String] = []
        for child in children where !names.contains(child.name) { names.append(child.name) }
        for name in names {
            json.key(name)
            json.beginArray()
            for child in children(name) { child.writeMembers(&json) }
            json.endArray()
        }
        json.endObject()
    }

    /// Reads the JSON form.
    /// - Throws: ``Status/invalidArgument`` with what was expected.
    public init(_ json: JSONValue) throws(ServiceError) {
        guard let members = json.members, members.count == 1, let (name, value) = members.first else {
            throw .invalidArgument(#"a UFTP message in JSON is an object with its name alone, such as {"FlexRequest": {…}}, got \#(json.kind)"#)
        }
        try self.init(name, value)
    }

    private init(_ name: String, _ json: JSONValue) throws(ServiceError) {
        guard let members = json.members else { throw .invalidArgument("\(name) is \(json.kind), expected an object") }
        self.init(name)
        for (key, value) in members {
            switch value {
            case .text(let text): attributes[key] = text
            case .number(let number, let integer): attributes[key] = integer.map(String.init) ?? "\(number)"
            case .boolean(let truth): attributes[key] = truth ? "true" : "false"
            case .array(let elements): for element in elements { children.append(try UFTPElement(key, element)) }
            case .object: children.append(try UFTPElement(key, value))
            case .null: break
            }
        }
    }
}
