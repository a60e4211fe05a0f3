internal import PluginAPI

/// What a manifest says about a library that knows nothing of the platform: its functions, and what they are called with and for.
public struct ForeignDescription: Sendable {
    var functions: [Function] = []
    var callbacks: [Callback] = []
    /// The names of the values that are bound to callbacks; their places are what expressions know.
    var contextNames: [String] = []
    var series: [SeriesInput] = []
    /// Called once, in this order, before anything else.
    var start: [Step] = []
    /// Called once, in this order, at the end.
    var stop: [Step] = []
    var work: [Work] = []
    var vectors: [GoldenVector] = []
    /// How many outcomes of steps there are to remember.
    var outcomeCount = 0
    /// Texts are ISO 8859-1 on the library's side, not UTF-8.
    var isLatin1 = false
    /// The topic under which messages that do not fit are published.
    var deadLetterPrefix = "deadletter"
    /// The manifest, for sentences.
    public internal(set) var file = ""
    /// What the description was read from, so that another process can read it again.
    public internal(set) var section = SectionNode(line: 0, content: .list([]))
    /// The topic filters that it was read with.
    public internal(set) var subscriptions: [String] = []

    /// The symbols that the library must export.
    public var symbols: [String] { functions.map(\.symbol) }

    /// A function of the library.
    struct Function: Sendable {
        let name: String
        let symbol: String
        let line: Int
        let parameters: [Parameter]
        let result: ResultType
        /// Called by Fortran's convention: the lengths of texts follow behind all parameters.
        let isFortran: Bool
        /// NaN and infinities may go in and out.
        let allowsNaN: Bool
        var error: ErrorRule?

        /// Whether an expression may call it: numbers in, by value, and a number out.
        var isArithmetic: Bool {
            guard case .scalar = result else { return false }
            return parameters.allSatisfy { parameter in
                switch parameter.type {
                case .scalar, .callback, .pointer: true
                case .structure(let type): !type.needsValue
                case .structureReference(let direction, let type): direction == .input && !type.needsValue
                default: false
                }
            }
        }

        /// The parameters that an expression gives, in their order.
        var operands: [Int] { parameters.indices.filter { parameters[$0].type.reads } }
    }

    struct Parameter: Sendable {
        let name: String
        let type: ParameterType
    }

    /// How a function says that it failed.
    struct ErrorRule: Sendable {
        /// What is looked at when it says so; zero is also a pointer that leads nowhere.
        enum When: String, CaseIterable, Sendable { case nonzero, zero, negative, errno }
        let when: When
        /// The parameter that says so; nil for the result.
        let parameter: Int?
        /// The function that makes a text of the code, by its index.
        var text: Int?
    }

    /// A function of ours that the library calls.
    struct Callback: Sendable {
        enum Kind: Sendable {
            case scalar(Scalar)
            case reference(Scalar)
            case text
            case pointer
        }
        enum Body: Sendable {
            /// Variables: the parameters, then the context, each by its index.
            case value(Expression)
            case log(Log.Level)
        }
        let name: String
        let parameters: [(name: String, kind: Kind)]
        let result: Scalar?
        /// Places among `contextNames`.
        let context: [Int]
        let body: Body
    }

    /// Points that are read before the work is done.
    struct SeriesInput: Sendable {
        let name: String
        let database: String
        let measurement: String
        let field: String
        /// How far back to read, in nanoseconds; nil for the latest point alone.
        let window: Int64?
        /// At most so many points.
        let most: Int
        /// Fewer are too few.
        let least: Int
    }

    /// A series with the tags that some work wants of it.
    struct SeriesUse: Sendable {
        let index: Int
        let tags: [(key: String, source: Source)]
    }

    /// One call of a function.
    struct Step: Sendable {
        let function: Int
        /// One for each parameter; nil where nothing goes in or the length of an array is meant.
        let arguments: [Source?]
        /// What callbacks are to find in these places.
        let context: [(place: Int, source: Source)]
        /// Where its outcome is kept.
        let outcome: Int
        let line: Int
    }

    /// What is done for a message, or again and again.
    struct Work: Sendable {
        enum Trigger: Sendable {
            /// A message of these subscriptions, by their indices.
            case messages([Int])
            case timer(period: Int64)
        }
        let trigger: Trigger
        let fields: FieldTree
        /// What it reads.
        let series: [SeriesUse]
        let steps: [Step]
        let publications: [Publication]
        let points: [PointOutput]
        let line: Int
    }

    struct Publication: Sendable {
        let topic: Source
        let payload: Source
        let qos: UInt8
        let isRetained: Bool
    }

    struct PointOutput: Sendable {
        let database: String
        let measurement: String
        let tags: [(key: String, source: Source)]
        let fields: [(key: String, source: Source)]
        let time: Source?
        let quality: Quality
    }

    /// A call whose outcome is known.
    struct GoldenVector: Sendable {
        let step: Step
        let returned: Value?
        let outputs: [(parameter: Int, value: Value)]
        let tolerance: Double
        /// The function must report an error.
        let fails: Bool
    }
}
