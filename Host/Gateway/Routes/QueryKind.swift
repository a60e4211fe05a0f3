/// Tells InfluxQL that surely only reads from what may change something, without parsing it: errs on the side of "may change".
enum QueryKind {
    /// Whether any statement may change something.
    ///
    /// Each semicolon is taken for the begin of a statement even inside quotes or a regular expression, so that no quoting can hide
    /// a statement; `INTO` counts wherever it stands as a word.
    static func mayChange(_ text: String) -> Bool {
        if words(text[...]).contains("into") { return true }
        return text.split(separator: ";", omittingEmptySubsequences: true).contains { part in
            guard let first = part.first(where: { !$0.isWhitespace }) else { return false }
            guard first.isLetter, let word = words(part).first else { return true }
            return word != "select" && word != "show" && word != "explain"
        }
    }

    private static func words(_ text: Substring) -> [String] {
        text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { $0.lowercased() }
    }
}
