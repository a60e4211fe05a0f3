/// Where a value comes from.
indirect enum Source: Sendable {
    case literal(Value)
    case reference(Reference)
    /// Variables are the references, in their order.
    case expression(Expression, [Reference])
    /// Pieces put behind each other to one text.
    case template([Source])
    case list([Source])
    case object([(key: String, source: Source)])
}

/// What a manifest writes with a `$`.
enum Reference: Sendable {
    /// A field of the message, by the number of its path.
    case message(Int, String)
    /// The whole payload as a text.
    case payload
    /// A level of the topic, from 0; nil for the whole.
    case topic(Int?)
    /// A value of the manifest's `config`.
    case config(FieldPath)
    /// Part of the outcome of a step.
    case outcome(Int, Part, [FieldPath.Step])
    case series(Int, times: Bool)
    /// The time of the work: of the message's arrival, or of the timer.
    case time(TimeForm)
    /// A variable of the library, which holds a pointer.
    case symbol(String)

    enum Part: Sendable {
        case returned
        case parameter(Int)
    }

    enum TimeForm: String, CaseIterable, Sendable {
        case text, seconds, milliseconds, nanoseconds
    }
}
