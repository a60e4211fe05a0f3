import Testing

@testable import Storage

@Suite("InfluxQL lexer")
struct LexerTests {
    private func tokens(_ text: String) -> [Token] {
        var lexer = Lexer(text)
        var result: [Token] = []
        while true {
            let token = lexer.scan()
            if token.kind == .endOfText { return result }
            result.append(token)
        }
    }

    @Test(
        "a single token is read whole",
        arguments: [
            ("foo", Token.Kind.identifier, "foo"), ("_foo1", .identifier, "_foo1"), ("\"a b\"", .identifier, "a b"),
            ("\"a\\\"b\"", .identifier, "a\"b"), ("\"a", .badString, "a"), ("'x'", .string, "x"),
            ("'it\\'s'", .string, "it's"), ("'a\\n'", .string, "a\n"), ("'a\\q'", .badEscape, "\\q"),
            ("'a\n'", .badString, "a"), ("100", .integer, "100"), ("1.5", .number, "1.5"), ("100.", .number, "100."),
            (".23", .number, "0.23"), ("10ms", .duration, "10ms"), ("1h30m", .duration, "1h30m"), ("5µ", .duration, "5µ"),
            ("true", .boolean(true), ""), ("SELECT", .keyword(.select), ""), ("select", .keyword(.select), ""),
            ("and", .operator(.and), ""), ("=~", .operator(.matches), ""), ("!~", .operator(.matchesNot), ""),
            ("<>", .operator(.notEqual), ""), ("!=", .operator(.notEqual), ""), (">=", .operator(.greaterOrEqual), ""),
            ("::", .doubleColon, ""), (":", .colon, ""), ("$x", .boundParameter, "$x"), ("$\"a b\"", .boundParameter, "$a b"),
            ("-- all of it", .comment, ""), ("/* a * b */", .comment, ""), (" \t\n", .whitespace, ""), ("~", .illegal, "~"),
        ])
    func single(text: String, kind: Token.Kind, content: String) {
        let found = tokens(text)
        #expect(found.first?.kind == kind)
        #expect(found.first?.text == content)
        if kind != .badString, kind != .badEscape { #expect(found.count == 1) }
    }

    @Test("positions count lines and characters, with \\r\\n as one")
    func positions() {
        let found = tokens("a\r\n  b c").filter { $0.kind == .identifier }
        #expect(
            found.map(\.position) == [
                TextPosition(line: 0, character: 0), TextPosition(line: 1, character: 2),
                TextPosition(line: 1, character: 4),
            ])
    }

    @Test("a regular expression ends at the first slash that is not escaped")
    func regex() {
        var lexer = Lexer(#"/a\/b\.c/ x"#)
        let token = lexer.scanRegex()
        #expect(token.kind == .regex)
        #expect(token.text == #"a/b\.c"#)
        var open = Lexer("/abc")
        #expect(open.scanRegex().kind == .badRegex)
    }
}
