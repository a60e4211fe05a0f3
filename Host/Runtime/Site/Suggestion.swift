/// Finds the word that a person most likely meant.
enum Suggestion {
    /// The nearest of `words` to `given`, if it is near enough to be a slip: at most a third of its letters differ.
    static func nearest(to given: String, among words: [String]) -> String? {
        let lowered = Array(given.lowercased())
        var best: (word: String, distance: Int)?
        for word in words {
            let distance = editDistance(lowered, Array(word.lowercased()))
            if distance <= max(1, word.count / 3), distance < best?.distance ?? .max { best = (word, distance) }
        }
        return best?.word
    }

    /// `did you mean 'x'? ` or an empty text.
    static func question(for given: String, among words: [String]) -> String {
        nearest(to: given, among: words).map { "did you mean '\($0)'? " } ?? ""
    }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    private static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        guard left.count <= 64, right.count <= 64 else { return .max }
        var rows = [[Int]](repeating: [Int](repeating: 0, count: right.count + 1), count: left.count + 1)
        for row in 0...left.count { rows[row][0] = row }
        for column in 0...right.count { rows[0][column] = column }
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        for row in 1...left.count {
            for column in 1...right.count {
                let substitution = rows[row - 1][column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var best = min(rows[row - 1][column] + 1, rows[row][column - 1] + 1, substitution)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                rows[row][column] = best
            }
        }
        return rows[left.count][right.count]
    }
}
