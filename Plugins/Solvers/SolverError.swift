/// Why a system of equations has no answer.
public struct SolverError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable {
        case singular
        case invalidMatrix
        case outOfMemory
    }

    let code: Code
    /// One sentence.
    public let description: String
    /// The first column without a pivot, where that is the reason.
    public let singularColumn: Int?

    /// - Parameter column: the first column without a pivot, negative where the pattern alone shows that there are too few.
    static func singular(column: Int, order: Int) -> SolverError {
        let reason = column >= 0 ? "column \(column) has no pivot" : "its pattern does not allow a pivot in every column"
        return SolverError(
            code: .singular, description: "the matrix of order \(order) is singular: \(reason)", singularColumn: column >= 0 ? column : nil)
    }

    static func invalidMatrix(_ reason: String) -> SolverError {
        SolverError(code: .invalidMatrix, description: "not a sparse matrix that KLU takes: \(reason)", singularColumn: nil)
    }

    static func outOfMemory(order: Int) -> SolverError {
        SolverError(code: .outOfMemory, description: "no memory left for the factors of a matrix of order \(order)", singularColumn: nil)
    }
}
