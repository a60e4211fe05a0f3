internal import HTTPClient

/// Why an engine did not do what it was asked; `description` is a sentence for a person.
struct EngineFailure: Error, CustomStringConvertible {
    enum Kind {
        /// It cannot be reached, is busy or failed: the same may be tried again.
        case unavailable
        /// User, password or rights.
        case forbidden
        case noDatabase
        /// It refuses some or all points of a write for what they are.
        case refusedPoints
        /// The answer or the request is too large.
        case tooLarge
        /// It answered what the product does not answer: the address may be another server's.
        case unexpected
    }

    let kind: Kind
    let description: String
    /// Whether the engine may have ended, and lost what it had taken and not yet put on its disk: it cannot be reached, does not answer, or a proxy
    /// before it says so, over whose connections its end is not seen.
    let mayHaveRestarted: Bool

    init(_ kind: Kind, _ description: String, mayHaveRestarted: Bool = false) {
        self.kind = kind
        self.description = description
        self.mayHaveRestarted = mayHaveRestarted
    }

    init(_ failure: HTTPFailure) {
        let isTooLarge = failure.kind == .tooLarge
        self.init(isTooLarge ? .tooLarge : .unavailable, failure.description, mayHaveRestarted: !isTooLarge && failure.kind != .closed)
    }

    /// Whether the points that were to be written stay good, so that the same write is tried again.
    var isRetryable: Bool { kind != .refusedPoints && kind != .tooLarge }

    /// Makes sense of an answer that is no success.
    static func refusal(_ reply: HTTPReply, of traits: EngineTraits, sentence: String, doing what: String) -> EngineFailure {
        let said = sentence.isEmpty ? "" : ": " + sentence.prefix(500)
        let place = "\(traits.product) at \(traits.address)"
        switch reply.status {
        case 401, 403:
            return EngineFailure(
                .forbidden, "\(place) refuses the user or the password, or the user lacks the right to \(what) (status \(reply.status)\(said))")
        case 404 where sentence.hasPrefix("database not found"): return EngineFailure(.noDatabase, "\(place)\(said)")
        case 404:
            return EngineFailure(.unexpected, "\(place) has nothing at the address (status 404\(said)); is it that product, and the path right?")
        case 413: return EngineFailure(.tooLarge, "\(place) finds the request too large\(said)")
        case 429, 500...599:
            return EngineFailure(
                .unavailable, "\(place) failed to \(what) (status \(reply.status)\(said))", mayHaveRestarted: (502...504).contains(reply.status))
        default: return EngineFailure(.unexpected, "\(place) failed to \(what) (status \(reply.status)\(said))")
        }
    }
}

extension StorageError {
    init(_ failure: EngineFailure) { self.init(code: .inputOutput, description: failure.description) }
}
