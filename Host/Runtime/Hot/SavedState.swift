internal import CPluginAPI

/// What an instance saved by `dsotp.state/1`, for the one that comes after it.
struct SavedState: Sendable, Equatable {
    /// The most bytes that a state may have.
    static let limit = Int(DSOTP_STATE_LIMIT)

    /// The version of its form.
    let version: UInt32
    let bytes: [UInt8]
}

extension ServiceFault {
    static func tooLarge(state bytes: UInt64) -> ServiceFault {
        ServiceFault(
            status: dsotp_status(DSOTP_LIMIT_REACHED),
            sentence: "the state is too large (expected at most \(SavedState.limit >> 20) MiB; got \(bytes) bytes)")
    }
}
