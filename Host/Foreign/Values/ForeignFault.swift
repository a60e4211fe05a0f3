internal import PluginAPI

/// Why one piece of work could not be done.
struct ForeignFault: Error, Sendable {
    enum Kind: Sendable {
        /// What came in does not fit: the message is a dead letter, the service goes on.
        case input
        /// The library's function reported an error or gave something that can't be used: as above.
        case function
        /// The library wrote where it must not: nothing of this process can be believed any more.
        case memory
    }
    let kind: Kind
    var sentence: String

    static func input(_ sentence: String) -> ForeignFault { ForeignFault(kind: .input, sentence: sentence) }
    static func function(_ sentence: String) -> ForeignFault { ForeignFault(kind: .function, sentence: sentence) }
    static func memory(_ sentence: String) -> ForeignFault { ForeignFault(kind: .memory, sentence: sentence) }

    /// The same with words in front.
    func within(_ place: String) -> ForeignFault { ForeignFault(kind: kind, sentence: "\(place): \(sentence)") }
}
