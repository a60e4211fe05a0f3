import HTTPTypes
import Hummingbird

/// Keeps pages of other sites from changing anything with what a browser sends by itself: the session cookie, or the password that it
/// keeps after a prompt for Basic credentials.
enum CrossSiteGuard {
    /// Throws 403 when the request's headers say that a page of another site has made it. With the cookie it throws also when nothing
    /// says where the request comes from, since then only a browser can have sent it. A bearer token is proof enough.
    static func check(_ request: Request, credential: Credential?) throws(GatewayError) {
        if case .bearer = credential { return }
        guard try !isFromOwnPage(request), case .cookie = credential else { return }
        // A foreign page cannot send this header without being asked for permission first.
        guard request.headers[.xRequestedWith] != nil else {
            throw .forbidden(
                "a change with the session cookie must show that it comes from the console: "
                    + "send Sec-Fetch-Site, Origin or X-Requested-With, or use a bearer token")
        }
    }

    /// True when a browser says that our own page or its user has made the request; false when there is no word of it. Throws 403 when
    /// it was another site's page.
    private static func isFromOwnPage(_ request: Request) throws(GatewayError) -> Bool {
        if let site = request.headers[.secFetchSite] {
            guard site == "same-origin" || site == "none" else { throw refusal(site) }
            return true
        }
        guard let origin = request.headers[.origin] else { return false }
        guard let authority = request.head.authority, origin == "http://\(authority)" || origin == "https://\(authority)" else {
            throw refusal(origin)
        }
        return true
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
