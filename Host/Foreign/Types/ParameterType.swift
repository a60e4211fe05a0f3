/// Which way the target of a pointer is used.
enum Direction: String, Sendable {
    /// The function reads it: `const double *`.
    case input = "in"
    /// The function writes it.
    case output = "out"
    /// The function reads and then writes it.
    case both = "inout"

    var reads: Bool { self != .output }
    var writes: Bool { self != .input }
}

/// How long an array is along one direction.
enum Dimension: Sendable, Hashable {
    case fixed(Int)
    /// As the parameter with this index says.
    case parameter(Int)
}

/// What a parameter of a function is.
enum ParameterType: Sendable {
    /// By value.
    case scalar(Scalar)
    /// A pointer to one: what Fortran passes, and C where a function returns more than one number.
    case reference(Direction, Scalar)
    /// A pointer to the first of many, with one or two dimensions (rows, columns).
    case array(Direction, Scalar, dimensions: [Dimension], isColumnMajor: Bool)
    /// `const char *`, or Fortran's `character(len=*)`, that the function reads.
    case text
    /// `char *` with room for so many bytes, that the function fills.
    case buffer(capacity: Dimension)
    case structure(StructType)
    case structureReference(Direction, StructType)
    /// A pointer whose target is the library's own business, by the name of its type.
    case handle(String)
    /// A pointer to such a pointer, that the function sets.
    case handleReference(String)
    /// A pointer to a function that the manifest describes.
    case callback(String)
    /// NULL where we call; in a callback a pointer that nobody looks at.
    case pointer

    /// Whether a value goes in.
    var reads: Bool {
        switch self {
        case .scalar, .text, .handle: true
        case .reference(let direction, _), .array(let direction, _, _, _): direction.reads
        case .structure(let type): type.needsValue
        case .structureReference(let direction, let type): direction.reads && type.needsValue
        case .buffer, .handleReference, .callback, .pointer: false
        }
    }

    /// Whether a value comes out.
    var writes: Bool {
        switch self {
        case .reference(let direction, _), .array(let direction, _, _, _), .structureReference(let direction, _): direction.writes
        case .buffer, .handleReference: true
        case .scalar, .text, .structure, .handle, .callback, .pointer: false
        }
    }

    /// The callbacks that a call passes by this parameter.
    var callbacks: [String] {
        switch self {
        case .callback(let name): [name]
        case .structure(let type), .structureReference(_, let type): type.callbacks
        default: []
        }
    }

    /// The parameters that say how long this one is.
    var dimensions: [Dimension] {
        switch self {
        case .array(_, _, let dimensions, _): dimensions
        case .buffer(let capacity): [capacity]
        default: []
        }
    }
}

/// What a function returns.
enum ResultType: Sendable {
    case nothing
    case scalar(Scalar)
    /// A text that stays the library's.
    case text
    case handle(String)
    /// A pointer that nobody looks at, and that may be NULL.
    case pointer
    case structure(StructType)
}
