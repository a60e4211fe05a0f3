internal import Glibc

/// Why a recording can't be read or written; `description` is a sentence for a person.
public struct RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    private enum Code { case inputOutput, notARecording, version, damaged, order }
    private let code: Code
    public let description: String

    static func inputOutput(_ path: String, _ what: String) -> RecordingError {
        RecordingError(code: .inputOutput, description: "\(path) can't be \(what): \(String(cString: strerror(errno)))")
    }
    static func notARecording(_ path: String) -> RecordingError {
        RecordingError(code: .notARecording, description: "\(path) is not a recording (expected a file made by dsotp record; got another header)")
    }
    static func version(_ path: String, _ version: Int) -> RecordingError {
        RecordingError(
            code: .version,
            description: "\(path) is a recording of version \(version) (expected at most \(RecordingHeader.version); use a newer dsotp)")
    }
    static func damaged(_ path: String, at offset: Int) -> RecordingError {
        RecordingError(
            code: .damaged,
            description: "\(path) is damaged at byte \(offset): what stands before is whole, what follows can't be trusted (take it from a copy)")
    }
    static func order(_ time: Int64, after last: Int64) -> RecordingError {
        RecordingError(code: .order, description: "the times of a recording never go back (expected \(last) ns or later; got \(time) ns)")
    }
}
