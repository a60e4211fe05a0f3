/// What a call to the databus can fail with.
public struct DatabusError: Error, CustomStringConvertible, Equatable, Sendable {
    enum Code: Equatable {
        case invalidTopic, invalidFilter, nameInUse, bind, stopped, messageTooLarge
        case connectionRefused, connectionLost, subscriptionRefused, timeout, tls, link
    }

    let code: Code
    /// A sentence: what, where, what to do.
    public let description: String

    /// Whether the broker answered and refused: who connects, not whether it is there. To try again with the same is in vain.
    public var isRefusal: Bool { code == .connectionRefused }

    static func invalidTopic(_ topic: String, _ fault: TopicFault) -> Self {
        Self(code: .invalidTopic, description: "cannot publish to '\(topic)': the topic name \(fault)")
    }
    static func invalidFilter(_ filter: String, _ fault: TopicFault) -> Self {
        Self(code: .invalidFilter, description: "cannot subscribe to '\(filter)': the topic filter \(fault)")
    }
    static func nameInUse(_ name: String) -> Self {
        Self(
            code: .nameInUse,
            description: "a local subscription named '\(name)' is active already; cancel it or choose another name")
    }
    static func bind(host: String, port: Int, _ error: any Error) -> Self {
        Self(
            code: .bind,
            description: "the databus cannot listen on \(host):\(port): \(error); free the port or configure another")
    }
    static let stopped = Self(code: .stopped, description: "the broker has been shut down")
    static func messageTooLarge(bytes: Int) -> Self {
        Self(
            code: .messageTooLarge,
            description:
                "a message of \(bytes) bytes exceeds what MQTT can carry, \(FixedHeader.maximumRemainingLength)")
    }
    static func connectionRefused(_ code: ConnectReturnCode) -> Self {
        Self(
            code: .connectionRefused,
            description: "the broker refused the connection: \(code) (CONNACK \(code.rawValue))")
    }
    static func connectionLost(_ reason: String) -> Self {
        Self(code: .connectionLost, description: "the connection to the broker is lost: \(reason)")
    }
    static func subscriptionRefused(_ filter: String) -> Self {
        Self(code: .subscriptionRefused, description: "the broker refused the subscription to '\(filter)'")
    }
    static func link(_ reason: String) -> Self { Self(code: .link, description: reason) }
    static func tls(_ reason: String) -> Self { Self(code: .tls, description: reason) }
    static func timeout(_ what: String) -> Self {
        Self(code: .timeout, description: "the broker did not answer \(what) in time")
    }
}
