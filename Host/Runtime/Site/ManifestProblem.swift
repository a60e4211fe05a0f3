/// A place in a manifest: what a person opens in an editor.
public struct ManifestPlace: Hashable, Sendable, CustomStringConvertible {
    /// Path of the file, as the site folder was named.
    public let file: String
    /// Line, from 1; 0 when the file as a whole is meant.
    public let line: Int

    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    /// `file:line`, or `file` alone.
    public var description: String { line > 0 ? "\(file):\(line)" : file }
}

/// One thing that is wrong with a site.
public struct ManifestProblem: Hashable, Sendable, CustomStringConvertible {
    public let place: ManifestPlace
    /// What is wrong, what was expected, what was found and what to do.
    public let sentence: String

    public init(place: ManifestPlace, sentence: String) {
        self.place = place
        self.sentence = sentence
    }

    /// `file:line: sentence`.
    public var description: String { "\(place): \(sentence)" }
}

/// Everything that is wrong with a site, in the order of files and lines.
public struct ManifestErrors: Error, Sendable, CustomStringConvertible {
    public let problems: [ManifestProblem]

    public init(_ problems: [ManifestProblem]) { self.problems = problems }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Gathers the problems of one reading, so that a person sees all of them at once.
package final class ProblemList {
    package private(set) var problems: [ManifestProblem] = []

    package init() {}

    package func add(_ place: ManifestPlace, _ sentence: String) {
        problems.append(ManifestProblem(place: place, sentence: sentence))
    }
}
