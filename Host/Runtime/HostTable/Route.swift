/// A route that a service registered.
struct Route: Sendable {
    let number: UInt32
    let method: String
    /// As registered: `/estimates/{grid}`.
    let path: String
    let leastRole: SiteRole
    /// An OpenAPI Operation Object as JSON, or `nil`.
    let operation: String?
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    static let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    /// `nil` if method or path is malformed: the path begins with `/`, its parameters have distinct names, braces stand around a whole part.
    init?(number: UInt32, method: String, path: String, leastRole: SiteRole, operation: String?) {
        guard Self.methods.contains(method), path.hasPrefix("/"), path.utf8.count <= 1_024, !path.contains(where: { "?#".contains($0) })
        else {
            return nil
        }
        var parts: [Part] = []
        for text in Self.split(path) {
            if text.hasPrefix("{"), text.hasSuffix("}"), text.count > 2, !text.dropFirst().dropLast().contains(where: { "{}".contains($0) })
            {
                let part = Part.parameter(String(text.dropFirst().dropLast()))
                guard !parts.contains(part) else { return nil }
                parts.append(part)
            } else if text.contains("{") || text.contains("}") || (text.isEmpty && path != "/") {
                return nil
            } else {
                parts.append(.literal(String(text)))
            }
        }
        self.number = number
        self.method = method
        self.path = path
        self.leastRole = leastRole
        self.operation = operation
        self.parts = parts
    }

    private static func split(_ path: String) -> [Substring] { path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) }

    /// The values of the parameters if the path fits, else `nil`.
    func match(_ path: String) -> [(name: String, value: String)]? {
        guard path.hasPrefix("/") else { return nil }
        let given = Self.split(path)
        guard given.count == parts.count else { return nil }
        var parameters: [(name: String, value: String)] = []
        for (part, text) in zip(parts, given) {
            switch part {
            case .literal(let literal):
                guard literal == text else { return nil }
            case .parameter(let name):
                guard !text.isEmpty else { return nil }
                parameters.append((name, String(text)))
            }
        }
        return parameters
    }

    /// How many parts are literal: of several routes that fit, the most literal one is meant.
    var literalCount: Int {
        parts.count { part in
            if case .literal = part { true } else { false }
        }
    }

    var parameterNames: [String] {
        parts.compactMap { part in
            if case .parameter(let name) = part { name } else { nil }
        }
    }

    /// Whether both match the same paths.
    func isSamePattern(as other: Route) -> Bool {
        parts.count == other.parts.count
            && zip(parts, other.parts).allSatisfy { mine, theirs in
                switch (mine, theirs) {
                case (.literal(let left), .literal(let right)): left == right
                case (.parameter, .parameter): true
                default: false
                }
            }
    }
}
