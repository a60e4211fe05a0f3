/// Gathers problems up to a limit, and counts the rest.
final class ProblemLog {
    private(set) var problems: [CIMProblem] = []
    private var omitted = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func add(_ severity: CIMProblem.Severity, file: String, line: Int = 0, mRID: String = "", _ sentence: String) {
        guard problems.count < limit else {
            omitted += 1
            return
        }
        problems.append(CIMProblem(severity: severity, file: file, line: line, mRID: mRID, sentence: sentence))
    }

    /// All of them, with the count of those that were left out.
    func finish() -> [CIMProblem] {
        guard omitted > 0 else { return problems }
        let sentence = "there are \(omitted) more problems, \(limit) are listed; mend those and read again"
        return problems + [CIMProblem(severity: .warning, file: "all files", sentence: sentence)]
    }
}
