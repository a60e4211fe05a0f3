extension OpenAPIDocument {
    /// Adds a service's part: its paths go under `/api/<service>`, its schemas are renamed `<service>.<name>` so that those of two
    /// services do not meet, and its operations get a tag of the service and the host's security.
    ///
    /// Returns a sentence when the part cannot be used; the document is then as before.
    mutating func merge(_ fragment: ServiceOpenAPIFragment) -> String? {
        let service = fragment.service
        guard let json = JSONValue(parsing: fragment.json) else { return "the OpenAPI part of service '\(service)' is not JSON" }
        guard case .object(let given) = json["paths"] ?? .object([]) else {
            return "the OpenAPI part of service '\(service)' is malformed: expected an object 'paths'"
        }
        for (path, item) in given {
            guard path.hasPrefix("/"), case .object = item else {
                return "the OpenAPI part of service '\(service)' is malformed: the path '\(path)' must begin with / and be an object"
            }
        }
        for (path, item) in given {
            paths.append(("/api/\(service)" + (path == "/" ? "" : path), Self.adopt(item, service: service)))
        }
        if case .object(let schemas) = json["components"]?["schemas"] ?? .null {
            self.schemas += schemas.map { ("\(service).\($0.0)", Self.rename($0.1, service: service)) }
        }
        if !given.isEmpty { tags.append((service, "Routes of the service \(service).")) }
        return nil
    }

    private static let methods: Set<String> = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    private static func adopt(_ item: JSONValue, service: String) -> JSONValue {
        guard case .object(let members) = rename(item, service: service) else { return item }
        return .object(
            members.map { name, value in
                guard methods.contains(name), case .object(let operation) = value else { return (name, value) }
                let kept = operation.filter { $0.0 != "tags" && $0.0 != "security" }
                return (name, .object(kept + [("tags", .array([.string(service)])), ("security", security)]))
            })
    }

    /// Points references at the renamed schemas; the host's `Error` may be referred to as it is.
    private static func rename(_ value: JSONValue, service: String) -> JSONValue {
        switch value {
        case .array(let values):
            return .array(values.map { rename($0, service: service) })
        case .object(let members):
            return .object(
                members.map { name, value in
                    let prefix = "#/components/schemas/"
                    if name == "$ref", case .string(let target) = value, target.hasPrefix(prefix), target != prefix + "Error" {
                        return (name, .string(prefix + "\(service)." + target.dropFirst(prefix.count)))
                    }
                    return (name, rename(value, service: service))
                })
        default:
            return value
        }
    }
}
