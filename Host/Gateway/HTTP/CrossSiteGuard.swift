import HTTPTypes
import Hummingbird

/// Keeps pages of other sites from changing anything with the session cookie that a browser sends by itself.
enum CrossSiteGuard {
    /// Throws 403 unless the request shows that our own page, or no page at all, has made it: by `Sec-Fetch-Site`, else by `Origin`,
    /// else by a header that a foreign page cannot send without being asked for permission first.
    static func check(_ request: Request) throws(GatewayError) {
        let headers = request.headers
        if let site = headers[.secFetchSite] {
            guard site == "same-origin" || site == "none" else { throw refusal(site) }
            return
        }
        if let origin = headers[.origin] {
            guard let authority = request.head.authority, origin == "http://\(authority)" || origin == "https://\(authority)" else {
                throw refusal(origin)
            }
            return
        }
        guard headers[.xRequestedWith] != nil else {
            throw .forbidden(
                "a change with the session cookie must show that it comes from the console: "
                    + "send Sec-Fetch-Site, Origin or X-Requested-With, or use a bearer token")
        }
    }

    private static func refusal(_ origin: String) -> GatewayError {
        .forbidden("the request comes from another site's page (\(origin.prefix(200))): changes are accepted from the console alone")
    }
}

/// The cookie of a session.
enum SessionCookie {
    static let name = "dsotp_session"

    static func set(_ session: Session, isSecure: Bool) -> String {
        "\(name)=\(session.token); Path=/; Max-Age=\(session.lifetimeSeconds); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    static func cleared(isSecure: Bool) -> String {
        "\(name)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    static func token(in headers: HTTPFields) -> String? {
        for header in headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].filter({ $0 != " " }) == name, !parts[1].isEmpty else { continue }
                return String(parts[1])
            }
        }
        return nil
    }
}
