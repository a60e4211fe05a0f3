import CPluginAPI

/// One thing that became of a command.
public struct CommandOutcome: Hashable, Sendable {
    /// What happened.
    public let kind: Kind
    /// The command's number.
    public let command: UInt64
    /// Whether nothing more comes of this command.
    public let isFinal: Bool
    /// What was commanded.
    public let device: String
    /// The command's idempotency key.
    public let key: String
    /// One sentence for a person; may be empty.
    public let sentence: String
    /// Who superseded or cancelled it.
    public let by: String
    /// Class of the command that superseded it.
    public let byClass: CommandClass?
    /// The JSON value that the device reported last; empty if none.
    public let reported: String
    /// When it happened.
    public let time: Timestamp
    /// Until when the device is held by this command or the one that superseded it; nil if that is not known.
    public let until: Timestamp?

    /// What may become of a command; later hosts may tell more.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// It is permitted, and waits no more or again.
        public static let accepted = Kind(rawValue: UInt32(DSOTP_COMMAND_ACCEPTED))
        /// It is published.
        public static let dispatched = Kind(rawValue: UInt32(DSOTP_COMMAND_DISPATCHED))
        /// The device reported what was expected.
        public static let confirmed = Kind(rawValue: UInt32(DSOTP_COMMAND_CONFIRMED))
        /// The device did not report it in time.
        public static let notConfirmed = Kind(rawValue: UInt32(DSOTP_COMMAND_NOT_CONFIRMED))
        /// Another command, or an operator's lock, took its place.
        public static let superseded = Kind(rawValue: UInt32(DSOTP_COMMAND_SUPERSEDED))
        /// Its hold ended, or it could not be published in time.
        public static let expired = Kind(rawValue: UInt32(DSOTP_COMMAND_EXPIRED))
        /// The arbiter does not grant it.
        public static let refused = Kind(rawValue: UInt32(DSOTP_COMMAND_REFUSED))
        /// It was taken back.
        public static let cancelled = Kind(rawValue: UInt32(DSOTP_COMMAND_CANCELLED))
        /// The databus did not take it.
        public static let failed = Kind(rawValue: UInt32(DSOTP_COMMAND_FAILED))
        /// It is decided, and because of a dry run not published.
        public static let dryRun = Kind(rawValue: UInt32(DSOTP_COMMAND_DRY_RUN_DONE))
    }

    init(_ outcome: dsotp_command_outcome) {
        func text(_ bytes: dsotp_host_bytes) -> String { String(decoding: bytes.buffer, as: UTF8.self) }
        kind = Kind(rawValue: outcome.outcome)
        command = outcome.command
        isFinal = outcome.is_final != 0
        device = text(outcome.device)
        key = text(outcome.key)
        sentence = text(outcome.sentence)
        by = text(outcome.by)
        byClass = CommandClass(rawValue: outcome.by_class)
        reported = text(outcome.reported)
        time = Timestamp(nanoseconds: outcome.time)
        until = outcome.until > 0 ? Timestamp(nanoseconds: outcome.until) : nil
    }

    /// Copies a batch of the host; refuses outcomes smaller than those of the first revision.
    static func copies(of batch: UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceError) -> [CommandOutcome] {
        let smallest = MemoryLayout<dsotp_command_outcome>.size
        guard Int(batch.pointee.size) >= MemoryLayout<dsotp_command_outcome_batch>.size,
            batch.pointee.count == 0 || (batch.pointee.stride >= UInt64(smallest) && batch.pointee.outcomes != nil)
        else { throw .versionMismatch("the host passes a batch of outcomes smaller than that of \(DSOTP_EXT_COMMAND_OUTCOMES): the host is defective") }
        guard let first = UnsafeRawPointer(batch.pointee.outcomes) else { return [] }
        return (0..<Int(batch.pointee.count)).map { index in
            CommandOutcome(first.advanced(by: index * Int(batch.pointee.stride)).assumingMemoryBound(to: dsotp_command_outcome.self).pointee)
        }
    }
}
