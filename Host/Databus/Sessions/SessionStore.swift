/// Where sessions live. The broker asks on its event loop only.
///
/// The store in memory is `SessionTable`; one that survives kill -9 takes its place without a change to the broker.
protocol SessionStore: AnyObject {
    /// Sessions held, connected or not.
    var count: Int { get }
    /// The session of a client, nil when there is none.
    func session(of clientIdentifier: String) -> Session?
    func insert(_ session: Session)
    func remove(_ session: Session)
    /// All sessions, in no particular order.
    var all: [Session] { get }
}

/// Sessions in memory.
final class SessionTable: SessionStore {
    private var sessions: [String: Session] = [:]

    var count: Int { sessions.count }
    var all: [Session] { Array(sessions.values) }

    func session(of clientIdentifier: String) -> Session? { sessions[clientIdentifier] }
    func insert(_ session: Session) { sessions[session.clientIdentifier] = session }
    func remove(_ session: Session) { sessions[session.clientIdentifier] = nil }
}
