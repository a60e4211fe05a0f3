import Glibc
import NIOCore
import NIOPosix

/// Why a connection to the external broker could not be made, or is over.
enum LinkLoss {
    /// The socket could not be connected.
    case unreachable(any Error)
    /// No CONNACK in time.
    case noAnswer(seconds: Double)
    case refused(ConnectReturnCode)
    /// TLS where none was asked for.
    case speaksTLS
    /// The broker closed the connection.
    case closed(beforeAnswer: Bool)
    /// The socket or TLS failed.
    case transport(any Error)
    /// What the broker did, as the rest of a sentence.
    case fault(String)
    /// This side let go, so that the broker sends again what was not acknowledged.
    case notStored(service: String)
    /// The session is not this host's any more.
    case notHeld

    /// A sentence on the broker at an address.
    func sentence(_ address: LinkOptions.Address, _ options: LinkOptions) -> String {
        let broker = "the broker at \(address)"
        switch self {
        case .unreachable(let error): return "\(broker) cannot be reached: \(Self.reason(error))"
        case .noAnswer(let seconds): return "\(broker) does not answer within \(seconds) s: is that an MQTT port\(options.tls == nil ? " without TLS" : "")?"
        case .speaksTLS: return "\(broker) speaks TLS at this port, and the link was told not to"
        case .refused(let code): return "\(broker) refuses the connection: \(Self.reason(code, options))"
        case .closed(beforeAnswer: true):
            return "\(broker) closes the connection without an answer: is that an MQTT port\(options.tls == nil ? " without TLS" : ", and does it accept this host's certificate")?"
        case .closed(beforeAnswer: false): return "\(broker) has closed the connection"
        case .transport(let error):
            if let fault = options.tls?.fault(error, host: address.host) { return "\(broker) cannot be trusted: \(fault)" }
            return "the connection to \(broker) has failed: \(Self.reason(error))"
        case .fault(let fault): return "\(broker) \(fault)"
        case .notHeld: return "the session at \(broker) is not this host's any more"
        case .notStored(let service):
            return "the connection to \(broker) begins anew: the service '\(service)' gave up messages before they were stored, which are to come again"
        }
    }

    private static func reason(_ code: ConnectReturnCode, _ options: LinkOptions) -> String {
        let user = options.user.map { "user '\($0)'" } ?? "a client without a user"
        switch code {
        case .accepted: return "accepted"
        case .unacceptableProtocolVersion: return "it does not speak MQTT 3.1.1"
        case .identifierRejected: return "it does not accept the client identifier '\(options.clientIdentifier)'"
        case .serverUnavailable: return "it is not available at the moment"
        case .badUserNameOrPassword: return "it does not know \(user), or the password is wrong (CONNACK 4)"
        case .notAuthorized: return "\(user) is not authorised, or the password is wrong (CONNACK 5)"
        }
    }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            if let first = error.connectionErrors.first { return reason(first.error) }
            return error.dnsAError == nil && error.dnsAAAAError == nil ? "\(error)" : "the name '\(error.host)' is not known"
        }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)).lowercased() }
        if let error = error as? ChannelError, case .connectTimeout(let time) = error { return "no connection within \(Double(time.nanoseconds) / 1e9) s" }
        return "\(error)"
    }
}
