/// The URL of a server: `http://host:port/path` or `https://…`, without user, query and fragment.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Whether TLS is spoken.
    public let isEncrypted: Bool
    /// A name or an address; an IPv6 address without its brackets.
    public let host: String
    public let port: Int
    /// Begins every request's path; empty, or a path that begins with a slash and does not end with one.
    public let path: String

    /// - Throws: ``Malformed`` with what was expected.
    public init(_ text: String) throws(Malformed) {
        guard let (isEncrypted, rest) = Self.scheme(of: text) else { throw Malformed(text) }
        let authority = rest.prefix { $0 != "/" }
        guard !text.contains(where: { $0 == "?" || $0 == "#" || $0 == "@" || $0.isWhitespace }), let (host, port) = Self.split(authority) else {
            throw Malformed(text)
        }
        self.isEncrypted = isEncrypted
        self.host = host
        self.port = port ?? (isEncrypted ? 443 : 80)
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        self.path = String(path)
    }

    public var description: String { "\(isEncrypted ? "https" : "http")://\(authority)\(path)" }

    /// Host and port as the header `Host` has them.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    private static func scheme(of text: String) -> (isEncrypted: Bool, rest: Substring)? {
        if text.hasPrefix("http://") { return (false, text.dropFirst(7)) }
        if text.hasPrefix("https://") { return (true, text.dropFirst(8)) }
        return nil
    }

    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let rest = authority[authority.index(after: close)...]
            guard rest.isEmpty || rest.first == ":" else { return nil }
            if !rest.isEmpty {
                guard let number = Int(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            guard let number = Int(authority[authority.index(after: colon)...]) else { return nil }
            port = number
        }
        guard !host.isEmpty, port.map({ (1...65_535).contains($0) }) ?? true else { return nil }
        return (String(host), port)
    }

    /// A text that is no such URL.
    public struct Malformed: Error, CustomStringConvertible {
        private let text: String

        init(_ text: String) { self.text = text }

        /// What stands in front of an @ may hold a password, and a query a token.
        private var shown: String {
            let path = text.prefix { $0 != "?" }
            let query = path.endIndex < text.endIndex ? "?…" : ""
            guard let at = path.lastIndex(of: "@") else { return "\(path)\(query)" }
            let scheme = ["http://", "https://"].first { path.hasPrefix($0) } ?? ""
            return "\(scheme)…\(path[at...])\(query)"
        }

        public var description: String {
            "expected http://host:port/path or https://…, without user, query and fragment; got '\(shown)'"
        }
    }
}
