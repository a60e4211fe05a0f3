/// Decides when a file that has changed may be read: not while somebody writes it, and not before it has stayed as it is for a moment.
struct Settling {
    /// How long a file that was written has to stay as it is, ns.
    static let written: Int64 = 40_000_000
    /// How long a file has to be gone, ns: editors put the old one away before they write the new one.
    static let gone: Int64 = 250_000_000

    enum Verdict: Equatable {
        case settled
        /// Look again at this monotonic time (ns).
        case wait(until: Int64)
        /// Somebody writes it: its end will be told.
        case writing
    }

    private var sightings: [String: (signature: FileSignature?, since: Int64)] = [:]

    /// - Parameter signature: of the file as it is now, `nil` if it is gone.
    mutating func judge(_ path: String, _ signature: FileSignature?, isWritten: Bool, at now: Int64) -> Verdict {
        if isWritten, signature != nil {
            sightings[path] = nil
            return .writing
        }
        guard let sighting = sightings[path], sighting.signature == signature else {
            sightings[path] = (signature, now)
            return .wait(until: now + (signature == nil ? Self.gone : Self.written))
        }
        let due = sighting.since + (signature == nil ? Self.gone : Self.written)
        guard now >= due else { return .wait(until: due) }
        sightings[path] = nil
        return .settled
    }
}
