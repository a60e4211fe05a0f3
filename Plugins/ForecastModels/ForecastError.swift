/// Why there is no model or no forecast; `description` is a sentence for a person.
public struct ForecastError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable {
        case badInput
        case cancelled
        case badArchive
    }

    let code: Code
    /// One sentence: what, where, expected against got.
    public let description: String

    /// Whether the caller's own `TrainingBudget.isCancelled` ended the training.
    public var isCancellation: Bool { code == .cancelled }

    static func badInput(_ description: String) -> ForecastError { ForecastError(code: .badInput, description: description) }
    static func badArchive(_ description: String) -> ForecastError {
        ForecastError(code: .badArchive, description: "not a forecaster that this version reads: \(description)")
    }
    static let cancelled = ForecastError(code: .cancelled, description: "the training was cancelled")
}
