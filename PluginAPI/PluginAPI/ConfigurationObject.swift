/// An object of the configuration with its path, so that what is wrong is told with its place.
///
/// Every getter returns nil for a key that is not there, and throws ``Status/invalidConfiguration`` with a sentence (where, got,
/// expected) for a value of the wrong kind.
public struct ConfigurationObject {
    /// Where it stands: `config.mappings.0`.
    public let path: String
    private let members: [(key: String, value: JSONValue)]

    /// - Throws: ``Status/invalidConfiguration`` if the value is no object.
    public init(_ value: JSONValue, at path: String) throws(ServiceError) {
        guard let members = value.members else { throw .invalidConfiguration("\(path) is \(value.kind), expected an object") }
        self.path = path
        self.members = members
    }

    /// Refuses keys other than these.
    public func allow(_ keys: [String]) throws(ServiceError) {
        guard let unknown = members.first(where: { !keys.contains($0.key) }) else { return }
        throw .invalidConfiguration("\(path) has the unknown key '\(unknown.key)', expected one of \(keys.joined(separator: ", "))")
    }

    /// A text that is not empty.
    public func text(_ key: String) throws(ServiceError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text, !text.isEmpty else { throw wrong(key, value, "a text that is not empty") }
        return text
    }

    /// A whole number in a range.
    public func integer(_ key: String, in range: ClosedRange<Int64>) throws(ServiceError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            throw wrong(key, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(integer)
    }

    /// A finite number in a range.
    public func number(_ key: String, in range: ClosedRange<Double>) throws(ServiceError) -> Double? {
        guard let value = value(key) else { return nil }
        guard case .number(let number, _) = value, range.contains(number) else {
            throw wrong(key, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    public func boolean(_ key: String) throws(ServiceError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .boolean(let boolean) = value else { throw wrong(key, value, "true or false") }
        return boolean
    }

    /// The keys in their order, for objects whose keys are names of their own.
    public var keys: [String] { members.map(\.key) }

    /// A duration in whole seconds.
    public func seconds(_ key: String) throws(ServiceError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let seconds = value.text.flatMap(DurationText.seconds) else {
            throw wrong(key, value, "a duration such as 90s, 12h or 400d, at most 36525d")
        }
        return seconds
    }

    /// One word out of those of an enumeration.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Choice.Type
    ) throws(ServiceError) -> Choice? where Choice.RawValue == String {
        guard let value = value(key) else { return nil }
        guard let choice = value.text.flatMap(Choice.init(rawValue:)) else {
            throw wrong(key, value, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// An object within this one.
    public func object(_ key: String) throws(ServiceError) -> ConfigurationObject? {
        guard let value = value(key) else { return nil }
        return try ConfigurationObject(value, at: "\(path).\(key)")
    }

    /// A list of texts.
    public func texts(_ key: String) throws(ServiceError) -> [String]? {
        guard let elements = try list(key) else { return nil }
        let texts = elements.compactMap(\.text)
        guard texts.count == elements.count else { throw wrong(key, .array(elements), "a list of texts") }
        return texts
    }

    /// A list of finite numbers, each in a range.
    public func numbers(_ key: String, in range: ClosedRange<Double>) throws(ServiceError) -> [Double]? {
        guard let elements = try list(key) else { return nil }
        let numbers = elements.compactMap(\.number)
        guard numbers.count == elements.count, numbers.allSatisfy(range.contains) else {
            throw wrong(key, .array(elements), "a list of numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        return numbers
    }

    /// Whether a list stands there.
    public func isList(_ key: String) -> Bool { value(key)?.elements != nil }

    /// A list of objects.
    public func objects(_ key: String) throws(ServiceError) -> [ConfigurationObject]? {
        guard let elements = try list(key) else { return nil }
        var objects: [ConfigurationObject] = []
        for (index, element) in elements.enumerated() { objects.append(try ConfigurationObject(element, at: "\(path).\(key).\(index)")) }
        return objects
    }

    /// Objects, nil where null stands; empty if the key is missing.
    public func optionalObjects(_ key: String) throws(ServiceError) -> [ConfigurationObject?] {
        var objects: [ConfigurationObject?] = []
        for (index, element) in (try list(key) ?? []).enumerated() {
            if case .null = element {
                objects.append(nil)
            } else {
                objects.append(try ConfigurationObject(element, at: "\(path).\(key).\(index)"))
            }
        }
        return objects
    }

    private func list(_ key: String) throws(ServiceError) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.elements else { throw wrong(key, value, "a list") }
        return elements
    }

    private func value(_ key: String) -> JSONValue? { members.first { $0.key == key }?.value }

    private func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> ServiceError {
        let got =
            switch value {
            case .text(let text): "'\(text)'"
            case .number(let number, let integer): integer.map(String.init) ?? String(number)
            default: value.kind
            }
        return .invalidConfiguration("\(path).\(key) is \(got), expected \(expected)")
    }
}
