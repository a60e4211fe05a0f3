/// Why a connection ends.
enum CloseReason: CustomStringConvertible {
    /// The client said DISCONNECT; its will is discarded (MQTT 3.1.1, 3.14.4-3).
    case disconnect
    /// The client's side closed.
    case lost
    case transport(any Error)
    case violation(ProtocolViolation)
    case keepAlive
    case connectTimeout
    case takenOver
    case refused(ConnectReturnCode)
    case offlineQueueFull(session: String)
    case slowReceiver
    case notStored(service: String)
    case shutdown

    var description: String {
        switch self {
        case .disconnect: "it disconnected"
        case .lost: "its side closed the connection"
        case .transport(let error): "the transport failed: \(error)"
        case .violation(let violation): violation.description
        case .keepAlive: "nothing arrived within 1.5 times its keep-alive"
        case .connectTimeout: "no CONNECT arrived in time"
        case .takenOver: "another connection took its client identifier over"
        case .refused(let code): "its CONNECT was refused: \(code)"
        case .offlineQueueFull(let session):
            "its message cannot be kept: the queue of the offline session '\(session)' is at its limit; let that client"
                + " return, or end its session with a clean one"
        case .slowReceiver: "it held up publishers for too long; more than half of its full queue was left"
        case .notStored(let service):
            "the service '\(service)' gave up messages before they were stored; the client is to send them again"
        case .shutdown: "the broker shuts down"
        }
    }

    /// Whether the will is discarded.
    var discardsWill: Bool {
        switch self {
        case .disconnect, .shutdown: true
        default: false
        }
    }
}
