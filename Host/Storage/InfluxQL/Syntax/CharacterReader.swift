/// Reads the characters of a query one by one and keeps the position as InfluxDB counts it, so that error messages name the
/// same place: `\r\n` is one character, and the end of the text counts as one more when it has been read before.
struct CharacterReader {
    private let characters: [Unicode.Scalar]
    private var index = 0
    private var position = TextPosition()
    private var endWasRead = false

    init(_ text: String) { characters = Array(text.unicodeScalars) }

    /// The next character without consuming it; `nil` at the end.
    var next: Unicode.Scalar? {
        guard index < characters.count else { return nil }
        return characters[index] == "\r" ? "\n" : characters[index]
    }

    /// The position of the next character.
    var nextPosition: TextPosition { position }

    /// Consumes the next character; at the end returns `nil`, which counts in the position once.
    @discardableResult
    mutating func read() -> Unicode.Scalar? {
        guard let character = next else {
            if !endWasRead { position.character += 1 }
            endWasRead = true
            return nil
        }
        let wasReturn = characters[index] == "\r"
        index += 1
        if wasReturn, index < characters.count, characters[index] == "\n" { index += 1 }
        if character == "\n" {
            position.line += 1
            position.character = 0
        } else {
            position.character += 1
        }
        return character
    }

    /// Consumes the next character if it is `character`.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == character else { return false }
        read()
        return true
    }
}

extension Unicode.Scalar {
    var isDigit: Bool { self >= "0" && self <= "9" }
    var isLetter: Bool { (self >= "a" && self <= "z") || (self >= "A" && self <= "Z") }
    var isQueryWhitespace: Bool { self == " " || self == "\t" || self == "\n" }
    var startsIdentifier: Bool { isLetter || self == "_" }
    var continuesIdentifier: Bool { isLetter || isDigit || self == "_" }
}
