internal import CPluginAPI

/// Why a callback of a service failed, as the service says it.
struct ServiceFault: Error, CustomStringConvertible {
    let status: dsotp_status
    let isRetryable: Bool
    let sentence: String

    init(status: dsotp_status, isRetryable: Bool = false, sentence: String) {
        self.status = status
        self.isRetryable = isRetryable
        self.sentence = sentence
    }

    /// Takes over and releases what a callback left in its error.
    init(taking error: dsotp_error, status: dsotp_status) {
        self.status = status
        isRetryable = error.retryable == 1
        sentence = error.sentence.take()
        _ = error.detail.take()
    }

    /// The service's sentence, or one about the status alone.
    var description: String { sentence.isEmpty ? "it gave no reason but the status \(status) (\(Self.name(of: status)))" : sentence }

    static func name(of status: dsotp_status) -> String {
        switch Int(status) {
        case DSOTP_OK: "ok"
        case DSOTP_INVALID_ARGUMENT: "invalid argument"
        case DSOTP_INVALID_STATE: "invalid state"
        case DSOTP_NOT_PERMITTED: "not permitted"
        case DSOTP_VERSION_MISMATCH: "version mismatch"
        case DSOTP_LIMIT_REACHED: "limit reached"
        case DSOTP_TRY_AGAIN: "try again"
        case DSOTP_INPUT_OUTPUT: "input or output failed"
        case DSOTP_TIMED_OUT: "timed out"
        case DSOTP_NOT_FOUND: "not found"
        case DSOTP_UNSUPPORTED: "unsupported"
        case DSOTP_INVALID_CONFIGURATION: "invalid configuration"
        case DSOTP_WRONG_THREAD: "wrong thread"
        case DSOTP_INTERNAL: "internal"
        default: "unknown"
        }
    }
}
