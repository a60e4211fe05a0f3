/// One piece of a JSON text, lending its bytes.
public enum JSONToken {
    case beginObject
    case endObject
    case beginArray
    case endArray
    case key(JSONText)
    case text(JSONText)
    case number(JSONNumber)
    case boolean(Bool)
    case null
    /// The text is complete; comes again and again.
    case end

    var kind: JSONError.StaticText {
        switch self {
        case .beginObject: "an object"
        case .endObject: "the end of the object"
        case .beginArray: "a list"
        case .endArray: "the end of the list"
        case .key: "a key"
        case .text: "a text"
        case .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        case .end: "the end"
        }
    }
}
