extension JSONReader {
    /// Reads the begin of an object.
    public mutating func beginObject() throws(JSONError) {
        let start = position
        let token = try next()
        guard case .beginObject = token else { throw wrong(token, "an object", at: start) }
    }

    /// The next key of the object, nil once it is read to its end. Read or skip the value before asking for the next key.
    public mutating func nextKey() throws(JSONError) -> JSONText? {
        let start = position
        let token = try next()
        switch token {
        case .key(let key): return key
        case .endObject: return nil
        default: throw wrong(token, "a key", at: start)
        }
    }

    /// Reads the begin of a list.
    public mutating func beginArray() throws(JSONError) {
        let start = position
        let token = try next()
        guard case .beginArray = token else { throw wrong(token, "a list", at: start) }
    }

    /// The first token of the next element of the list, nil once it is read to its end.
    public mutating func nextElement() throws(JSONError) -> JSONToken? {
        let token = try next()
        if case .endArray = token { return nil }
        return token
    }

    /// Reads a text.
    public mutating func text() throws(JSONError) -> JSONText {
        let start = position
        let token = try next()
        guard case .text(let text) = token else { throw wrong(token, "a text", at: start) }
        return text
    }

    /// Reads a number.
    public mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        let token = try next()
        guard case .number(let number) = token else { throw wrong(token, "a number", at: start) }
        return number
    }

    /// Reads true or false.
    public mutating func boolean() throws(JSONError) -> Bool {
        let start = position
        let token = try next()
        guard case .boolean(let value) = token else { throw wrong(token, "true or false", at: start) }
        return value
    }

    /// Reads a value of any kind, with all that is in it.
    public mutating func skipValue() throws(JSONError) {
        try skipRest(of: try next())
    }

    /// Reads what belongs to the value whose first token was `token`.
    public mutating func skipRest(of token: JSONToken) throws(JSONError) {
        var open = 0
        var token = token
        while true {
            switch token {
            case .beginObject, .beginArray: open += 1
            case .endObject, .endArray: open -= 1
            default: break
            }
            if case .key = token {} else if open == 0 { return }
            token = try next()
        }
    }

    /// Checks that the text ends here.
    public mutating func end() throws(JSONError) {
        let start = position
        let token = try next()
        guard case .end = token else { throw wrong(token, "the end", at: start) }
    }

    private func wrong(_ token: JSONToken, _ expected: JSONError.StaticText, at offset: Int) -> JSONError {
        JSONError(.wrongKind(token.kind, expected: expected), at: offset)
    }
}
