/// Splits the text of a query into tokens. A copy of a lexer is a bookmark: assigning it back rewinds.
struct Lexer {
    private var reader: CharacterReader

    init(_ text: String) { reader = CharacterReader(text) }

    /// The character that the next token starts with.
    var nextCharacter: Unicode.Scalar? { reader.next }

    /// The next token, whitespace and comments included. `/` is division here; see ``scanRegex()``.
    mutating func scan() -> Token {
        let position = reader.nextPosition
        guard let character = reader.next else {
            reader.read()
            return Token(kind: .endOfText, position: position)
        }
        if character.isQueryWhitespace { return scanWhitespace(at: position) }
        if character.startsIdentifier || character == "\"" { return scanIdentifier(at: position) }
        if character.isDigit { return scanNumber(at: position) }
        reader.read()
        return scanSymbol(character, at: position)
    }

    /// The next token where a regular expression is expected: `/…/` with `\/` for a slash.
    mutating func scanRegex() -> Token {
        let position = reader.nextPosition
        guard reader.skip("/") else { return Token(kind: .badRegex, position: position) }
        var text = String.UnicodeScalarView()
        while let character = reader.read() {
            switch character {
            case "/": return Token(kind: .regex, text: String(text), position: position)
            case "\n": return Token(kind: .badRegex, text: String(text), position: position)
            case "\\":
                if reader.next == "/" {
                    reader.read()
                    text.append("/")
                } else {
                    text.append("\\")
                    if let escaped = reader.read() { text.append(escaped) }
                }
            default: text.append(character)
            }
        }
        return Token(kind: .badRegex, text: String(text), position: position)
    }

    private mutating func scanWhitespace(at position: TextPosition) -> Token {
        while true {
            guard let character = reader.next else {
                reader.read()
                break
            }
            guard character.isQueryWhitespace else { break }
            reader.read()
        }
        return Token(kind: .whitespace, position: position)
    }

    private mutating func scanIdentifier(at position: TextPosition) -> Token {
        if reader.skip("\"") { return scanQuoted(until: "\"", kind: .identifier, at: position) }
        let word = scanWord()
        let upper = word.uppercased()
        if upper == "AND" { return Token(kind: .operator(.and), position: position) }
        if upper == "OR" { return Token(kind: .operator(.or), position: position) }
        if upper == "TRUE" || upper == "FALSE" { return Token(kind: .boolean(upper == "TRUE"), position: position) }
        if let keyword = Keyword.bySpelling[upper] { return Token(kind: .keyword(keyword), position: position) }
        return Token(kind: .identifier, text: word, position: position)
    }

    private mutating func scanWord() -> String {
        var text = String.UnicodeScalarView()
        while true {
            guard let character = reader.next else {
                reader.read()
                break
            }
            guard character.continuesIdentifier else { break }
            text.append(character)
            reader.read()
        }
        return String(text)
    }

    private mutating func scanQuoted(until quote: Unicode.Scalar, kind: Token.Kind, at position: TextPosition) -> Token {
        var text = String.UnicodeScalarView()
        while true {
            let place = reader.nextPosition
            guard let character = reader.read(), character != "\n" else {
                return Token(kind: .badString, text: String(text), position: position)
            }
            if character == quote { return Token(kind: kind, text: String(text), position: position) }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            switch reader.read() {
            case "n": text.append("\n")
            case "\\": text.append("\\")
            case "\"": text.append("\"")
            case "'": text.append("'")
            case let other:
                return Token(kind: .badEscape, text: "\\" + String(other.map(Character.init) ?? "\0"), position: place)
            }
        }
    }

    private mutating func scanDigits(into text: inout String.UnicodeScalarView) {
        while let character = reader.next, character.isDigit {
            text.append(character)
            reader.read()
        }
    }

    private mutating func scanNumber(at position: TextPosition) -> Token {
        var text = String.UnicodeScalarView()
        scanDigits(into: &text)
        if reader.next == "." {
            let bookmark = reader
            reader.read()
            var fraction = String.UnicodeScalarView()
            scanDigits(into: &fraction)
            if fraction.isEmpty, let character = reader.next, character.startsIdentifier || character == "." {
                reader = bookmark
            } else {
                text.append(".")
                text.append(contentsOf: fraction)
                return Token(kind: .number, text: String(text), position: position)
            }
        }
        guard let character = reader.next, character.isLetter || character == "µ" else {
            return Token(kind: .integer, text: String(text), position: position)
        }
        while let character = reader.next, character.isDigit || character.isLetter || character == "µ" {
            text.append(character)
            reader.read()
        }
        return Token(kind: .duration, text: String(text), position: position)
    }

    private mutating func scanSymbol(_ character: Unicode.Scalar, at position: TextPosition) -> Token {
        switch character {
        case "'":
            // InfluxDB names the place before a string.
            let before = TextPosition(line: position.line, character: max(0, position.character - 1))
            return scanQuoted(until: "'", kind: .string, at: before)
        case "$": return scanBoundParameter(at: position)
        case ".":
            guard let digit = reader.next, digit.isDigit else { return Token(kind: .dot, position: position) }
            var text = String.UnicodeScalarView()
            scanDigits(into: &text)
            return Token(kind: .number, text: "0." + String(text), position: position)
        case "-" where reader.next == "-":
            return scanLineComment(at: position)
        case "/" where reader.next == "*":
            return scanBlockComment(at: position)
        default:
            return Token(kind: simpleSymbol(character), text: "", position: position).withText(of: character)
        }
    }

    private mutating func simpleSymbol(_ character: Unicode.Scalar) -> Token.Kind {
        switch character {
        case "+": .operator(.add)
        case "-": .operator(.subtract)
        case "*": .operator(.multiply)
        case "/": .operator(.divide)
        case "%": .operator(.modulo)
        case "&": .operator(.bitwiseAnd)
        case "|": .operator(.bitwiseOr)
        case "^": .operator(.bitwiseXor)
        case "=": .operator(reader.skip("~") ? .matches : .equal)
        case "!": reader.skip("=") ? .operator(.notEqual) : reader.skip("~") ? .operator(.matchesNot) : .illegal
        case ">": .operator(reader.skip("=") ? .greaterOrEqual : .greater)
        case "<": .operator(reader.skip("=") ? .lessOrEqual : reader.skip(">") ? .notEqual : .less)
        case "(": .leftParenthesis
        case ")": .rightParenthesis
        case ",": .comma
        case ";": .semicolon
        case ":": reader.skip(":") ? .doubleColon : .colon
        default: .illegal
        }
    }

    private mutating func scanBoundParameter(at position: TextPosition) -> Token {
        var name = ""
        if reader.skip("\"") {
            let quoted = scanQuoted(until: "\"", kind: .identifier, at: position)
            guard quoted.kind == .identifier else { return quoted }
            name = quoted.text
        } else {
            name = scanWord()
        }
        return Token(kind: .boundParameter, text: "$" + name, position: position)
    }

    private mutating func scanLineComment(at position: TextPosition) -> Token {
        while let character = reader.next, character != "\n" { reader.read() }
        return Token(kind: .comment, position: position)
    }

    private mutating func scanBlockComment(at position: TextPosition) -> Token {
        reader.read()
        var previous: Unicode.Scalar = " "
        while let character = reader.read() {
            if previous == "*", character == "/" { return Token(kind: .comment, position: position) }
            previous = character
        }
        return Token(kind: .illegal, position: position)
    }
}

extension Token {
    /// Illegal characters are shown as they are.
    fileprivate func withText(of character: Unicode.Scalar) -> Token {
        guard kind == .illegal else { return self }
        var token = self
        token.text = String(character)
        return token
    }
}
