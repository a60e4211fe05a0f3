/// A C struct as the manifest describes it, laid out by the rules of the machine's ABI (System V, section 3.1.2; AAPCS64 alike): each
/// member at the next multiple of its alignment, the whole padded to the largest alignment.
final class StructType: Sendable {
    struct Member: Sendable {
        let name: String
        let type: MemberType
        /// Bytes from the struct's begin.
        let offset: Int
    }

    let name: String
    let members: [Member]
    let size: Int
    let alignment: Int

    init(name: String, members given: [(name: String, type: MemberType)]) {
        self.name = name
        var (offset, alignment) = (0, 1)
        var members: [Member] = []
        for (name, type) in given {
            alignment = max(alignment, type.alignment)
            offset = Self.align(offset, type.alignment)
            members.append(Member(name: name, type: type, offset: offset))
            offset += type.size
        }
        self.members = members
        self.alignment = alignment
        size = Self.align(offset, alignment)
    }

    static func align(_ offset: Int, _ alignment: Int) -> Int { (offset + alignment - 1) / alignment * alignment }

    /// Whether some member has to be given a value.
    var needsValue: Bool { members.contains { $0.type.needsValue } }

    /// The callbacks that it holds.
    var callbacks: [String] {
        members.flatMap { member -> [String] in
            switch member.type {
            case .callback(let name): [name]
            case .structure(let type): type.callbacks
            default: []
            }
        }
    }
}

/// What a member of a struct may be.
indirect enum MemberType: Sendable {
    case scalar(Scalar)
    /// So many scalars in place.
    case array(Scalar, count: Int)
    /// A text in place, with its final NUL.
    case text(capacity: Int)
    case structure(StructType)
    /// A pointer whose target is the library's own business, by the name of its type.
    case handle(String)
    /// A pointer to a function that the manifest describes.
    case callback(String)
    /// NULL.
    case pointer

    var size: Int {
        switch self {
        case .scalar(let scalar): scalar.size
        case .array(let scalar, let count): scalar.size * count
        case .text(let capacity): capacity
        case .structure(let type): type.size
        case .handle, .callback, .pointer: 8
        }
    }

    var alignment: Int {
        switch self {
        case .scalar(let scalar), .array(let scalar, _): scalar.size
        case .text: 1
        case .structure(let type): type.alignment
        case .handle, .callback, .pointer: 8
        }
    }

    var needsValue: Bool {
        switch self {
        case .callback, .pointer: false
        case .structure(let type): type.needsValue
        default: true
        }
    }
}
