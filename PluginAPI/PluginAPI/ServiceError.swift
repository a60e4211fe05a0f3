/// Why a call across the ABI failed: what a service throws to the host, and what the host's functions throw to a service.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public var status: Status
    /// Whether the same call may succeed later without a change by a person.
    public var isRetryable: Bool
    /// One sentence for a person: what, where, expected against got, what to do.
    public var sentence: String
    /// A JSON object with more, or empty.
    public var detail: String

    /// An error of any kind; the static functions below are shorter.
    public init(_ status: Status, _ sentence: String, isRetryable: Bool = false, detail: String = "") {
        self.status = status
        self.sentence = sentence
        self.isRetryable = isRetryable
        self.detail = detail
    }

    /// The sentence, or the meaning of the status if there is none.
    public var description: String { sentence.isEmpty ? status.description : sentence }

    /// An argument is outside of what the function accepts.
    public static func invalidArgument(_ sentence: String) -> ServiceError { ServiceError(.invalidArgument, sentence) }
    /// The call isn't allowed in the present state of the instance.
    public static func invalidState(_ sentence: String) -> ServiceError { ServiceError(.invalidState, sentence) }
    /// The manifest does not permit it.
    public static func notPermitted(_ sentence: String) -> ServiceError { ServiceError(.notPermitted, sentence) }
    /// The two sides do not speak a common version.
    public static func versionMismatch(_ sentence: String) -> ServiceError { ServiceError(.versionMismatch, sentence) }
    /// A limit of the manifest or the host is reached.
    public static func limitReached(_ sentence: String) -> ServiceError { ServiceError(.limitReached, sentence) }
    /// Not now; the same call may succeed later. Retryable.
    public static func tryAgain(_ sentence: String) -> ServiceError { ServiceError(.tryAgain, sentence, isRetryable: true) }
    /// Reading or writing failed.
    public static func inputOutput(_ sentence: String, isRetryable: Bool = false) -> ServiceError {
        ServiceError(.inputOutput, sentence, isRetryable: isRetryable)
    }
    /// The deadline passed. Retryable.
    public static func timedOut(_ sentence: String) -> ServiceError { ServiceError(.timedOut, sentence, isRetryable: true) }
    /// There is no such thing.
    public static func notFound(_ sentence: String) -> ServiceError { ServiceError(.notFound, sentence) }
    /// The host or the service does not offer it.
    public static func unsupported(_ sentence: String) -> ServiceError { ServiceError(.unsupported, sentence) }
    /// The configuration is wrong; the sentence says where.
    public static func invalidConfiguration(_ sentence: String) -> ServiceError { ServiceError(.invalidConfiguration, sentence) }
    /// Anything else.
    public static func `internal`(_ sentence: String) -> ServiceError { ServiceError(.internal, sentence) }
}
