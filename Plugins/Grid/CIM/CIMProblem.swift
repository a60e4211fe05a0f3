/// What is wrong with a CIM file, where, and what was done about it.
public struct CIMProblem: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: UInt8, Hashable, Sendable, Comparable {
        /// Nothing is wrong; something was assumed or left out that a person may want to know.
        case note
        /// The network is usable, a value was replaced by another one.
        case warning
        /// The part that is named is not in the network.
        case error

        public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    }

    public var severity: Severity
    public var file: String
    /// Counted from 1; 0 where it concerns the file as a whole.
    public var line: Int
    /// Of what is concerned; empty where it concerns the file.
    public var mRID: String
    public var sentence: String

    public init(severity: Severity, file: String, line: Int = 0, mRID: String = "", sentence: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.mRID = mRID
        self.sentence = sentence
    }

    /// `file:line: sentence (mRID …)`.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        text += ": \(sentence)"
        if !mRID.isEmpty { text += " (mRID \(mRID))" }
        return text
    }
}

/// What reading CIM files gave: a network of all that could be used, and every problem found on the way.
public struct CIMImport: Sendable {
    public var network: Network
    /// In the order in which they were found. After `CIMReader.Limits.problems` of them, the last one tells how many more there are.
    public var problems: [CIMProblem]
    /// Classes that the reader does not know or use, with how many objects of each there were.
    public var unknownClasses: [String: Int]
    /// Objects of classes that the reader knows.
    public var objectCount: Int
    /// Bytes of XML that were read.
    public var byteCount: Int
    /// As the files' headers tell them.
    public var profiles: [String]
    /// `md:Model.scenarioTime` of the last header that has one.
    public var scenarioTime: String?

    /// Whether something had to be left out.
    public var hasErrors: Bool { problems.contains { $0.severity == .error } }
}
