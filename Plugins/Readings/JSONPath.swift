public import PluginAPI

/// Keys of objects and places in lists, one within the other, as a manifest names them: `nodes.0.voltage`.
public struct JSONPath: Sendable {
    let steps: [String]

    /// Nil for a text with an empty step.
    public init?(_ text: String) {
        steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.allSatisfy({ !$0.isEmpty }) else { return nil }
    }

    /// The path that a key of a configuration gives; nil if the key is missing.
    /// - Throws: ``Status/invalidConfiguration`` for a text that is none.
    public init?(_ object: ConfigurationObject, _ key: String) throws(ServiceError) {
        guard let text = try object.text(key) else { return nil }
        guard let path = JSONPath(text) else {
            throw .invalidConfiguration("\(object.path).\(key) is '\(text)', expected keys with dots between them, such as nodes.0.voltage")
        }
        self = path
    }

    /// As the manifest writes it.
    public var shown: String { steps.joined(separator: ".") }

    /// What stands there; nil if nothing does.
    public func find(in value: JSONValue) -> JSONValue? {
        var found = value
        for step in steps {
            let next = found.elements == nil ? found[step] : Int(step).flatMap { $0 >= 0 ? found[$0] : nil }
            guard let next else { return nil }
            found = next
        }
        return found
    }

    /// The elements of the list, or the values of the object, that stand there; none if neither does.
    public func elements(in value: JSONValue) -> [JSONValue] {
        let found = find(in: value)
        return found?.elements ?? found?.members?.map(\.value) ?? []
    }
}

extension JSONValue {
    /// A text, number or truth as it would be shown; empty for what is none of these.
    public var shown: String {
        if let text { return text }
        if let integer { return String(integer) }
        return number?.description ?? boolean?.description ?? ""
    }
}
