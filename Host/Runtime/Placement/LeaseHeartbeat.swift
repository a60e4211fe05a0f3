/// What a holder says of its lease, retained on `dsotp/hosts/<site>/leases/<lease>`.
struct LeaseHeartbeat: Hashable, Sendable {
    enum State: String, Sendable {
        /// The host holds the lease.
        case held
        /// It gave it back: its services have ended.
        case released
    }

    /// The holder's name.
    let host: String
    /// The holder's process: another one of the same name is another holder.
    let run: String
    /// Grows with each change of the holder.
    let term: UInt64
    /// Counts the heartbeats of a term.
    let sequence: UInt64
    /// How long the lease lasts after this, ns.
    let ttl: Int64
    let state: State

    /// Whether this was said later than `other`: what comes late or twice is known by it.
    func isNewer(than other: LeaseHeartbeat) -> Bool { (term, sequence) > (other.term, other.sequence) }
}

extension LeaseHeartbeat {
    /// As a JSON object; `ttl` in milliseconds.
    var json: String {
        ConfigValue.object([
            .init(key: "host", value: .text(host)), .init(key: "run", value: .text(run)), .init(key: "term", value: .integer(Int64(clamping: term))),
            .init(key: "sequence", value: .integer(Int64(clamping: sequence))), .init(key: "ttl_ms", value: .integer(ttl / 1_000_000)),
            .init(key: "state", value: .text(state.rawValue)),
        ]).json
    }

    /// Reads one; `nil` if the message is something else.
    init?(json: [UInt8]) {
        guard let document = try? JSONReader.parse(json), case .text(let host)? = document["host"], case .text(let run)? = document["run"],
            case .integer(let term)? = document["term"], term >= 0, case .integer(let sequence)? = document["sequence"], sequence >= 0,
            case .integer(let ttl)? = document["ttl_ms"], (1...86_400_000).contains(ttl),
            case .text(let word)? = document["state"], let state = State(rawValue: word)
        else { return nil }
        self.init(host: host, run: run, term: UInt64(term), sequence: UInt64(sequence), ttl: ttl * 1_000_000, state: state)
    }
}
