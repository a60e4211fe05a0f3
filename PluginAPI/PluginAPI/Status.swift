public import CPluginAPI

/// The outcome of a call that crosses the ABI: `DSOTP_OK` and the codes below 0. A struct, as later hosts may know more codes.
public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// As it crosses the ABI.
    public let rawValue: dsotp_status

    /// Takes a code as it crosses the ABI.
    public init(rawValue: dsotp_status) { self.rawValue = rawValue }

    private init(_ code: Int) { rawValue = dsotp_status(code) }

    /// Success.
    public static let ok = Status(DSOTP_OK)
    /// An argument is outside of what the function accepts.
    public static let invalidArgument = Status(DSOTP_INVALID_ARGUMENT)
    /// The call isn't allowed in the present state of the instance.
    public static let invalidState = Status(DSOTP_INVALID_STATE)
    /// The manifest does not permit it.
    public static let notPermitted = Status(DSOTP_NOT_PERMITTED)
    /// The two sides do not speak a common version.
    public static let versionMismatch = Status(DSOTP_VERSION_MISMATCH)
    /// A limit of the manifest or the host is reached.
    public static let limitReached = Status(DSOTP_LIMIT_REACHED)
    /// Not now; the same call may succeed later.
    public static let tryAgain = Status(DSOTP_TRY_AGAIN)
    /// Reading or writing failed.
    public static let inputOutput = Status(DSOTP_INPUT_OUTPUT)
    /// The deadline passed.
    public static let timedOut = Status(DSOTP_TIMED_OUT)
    /// There is no such thing.
    public static let notFound = Status(DSOTP_NOT_FOUND)
    /// The host or the service does not offer it.
    public static let unsupported = Status(DSOTP_UNSUPPORTED)
    /// The configuration is wrong; the sentence says where.
    public static let invalidConfiguration = Status(DSOTP_INVALID_CONFIGURATION)
    /// The call came from a thread that its tag does not allow.
    public static let wrongThread = Status(DSOTP_WRONG_THREAD)
    /// Anything else; the sentence says what.
    public static let `internal` = Status(DSOTP_INTERNAL)

    private static let names: [Status: String] = [
        .ok: "ok", .invalidArgument: "invalid argument", .invalidState: "invalid state", .notPermitted: "not permitted",
        .versionMismatch: "version mismatch", .limitReached: "limit reached", .tryAgain: "try again",
        .inputOutput: "input or output failed", .timedOut: "timed out", .notFound: "not found", .unsupported: "unsupported",
        .invalidConfiguration: "invalid configuration", .wrongThread: "wrong thread", .internal: "internal error",
    ]

    /// The meaning in words, or the number of a code unknown to this version.
    public var description: String { Status.names[self] ?? "status \(rawValue)" }
}
