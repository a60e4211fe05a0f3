import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore

extension HTTPFields {
    static func basic(_ user: String, _ password: String = "secret") -> HTTPFields {
        [.authorization: "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()]
    }

    static func cookie(_ token: String) -> HTTPFields { [.cookie: "other=1; dsotp_session=\(token)"] }

    static let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    static let json: HTTPFields = [.contentType: "application/json"]

    func adding(_ other: HTTPFields) -> HTTPFields {
        var all = self
        for field in other { all.append(field) }
        return all
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    /// The body as a JSON object; empty when it is none.
    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.readableBytesView))) as? [String: Any] ?? [:]
    }

    var error: String? { object["error"] as? String }

    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}
