/// Whoever holds acknowledgements back until local subscribers have stored a publication: a client's connection, or the link's.
protocol Acknowledger: AnyObject {
    /// Names it in the upper half of tokens.
    var serial: UInt32 { get }
    var acknowledgements: AcknowledgementLine { get set }
    /// A local subscriber has stored the publication.
    func acknowledged(_ token: LocalAcknowledgement)
    /// Sends the acknowledgements that no longer wait for a local subscriber.
    func sendReadyAcknowledgements()
}

extension Connection: Acknowledger {}
