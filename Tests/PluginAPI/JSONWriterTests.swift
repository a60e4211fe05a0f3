import PluginAPI
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("commas, quotes and escapes come by themselves") func writing() {
        var json = JSONWriter()
        json.beginObject()
        json.member("text", "a\"b\\c\n\t\r\u{1}é")
        json.key("list")
        json.beginArray()
        json.value(1)
        json.beginObject()
        json.endObject()
        json.beginArray()
        json.endArray()
        json.null()
        json.value(true)
        json.endArray()
        json.member("big", UInt64.max)
        json.member("pi", 3.141592653589793)
        json.member("odd", Double.nan)
        json.endObject()
        #expect(
            json.string
                == #"{"text":"a\"b\\c\n\t\r\u0001é","list":[1,{},[],null,true],"big":18446744073709551615,"pi":3.141592653589793,"odd":null}"#
        )
    }

    @Test("what is written reads back the same", arguments: ["", "plain", "\"\\/", "ü€𝄞", "a\r\nb"])
    func roundTrip(text: String) throws {
        var json = JSONWriter()
        json.value(text)
        #expect(try json.bytes.withUnsafeBytes { try JSONValue($0) }.text == text)
    }

    @Test("control characters read back the same") func controlCharacters() throws {
        try roundTrip(text: "\u{0}\u{1f}\u{7f}")
    }

    @Test("doubles read back the same", arguments: [0.1, -0.0, 1e300, Double.leastNonzeroMagnitude, 123456.789, 1e21, 1e-7])
    func doubles(value: Double) throws {
        var json = JSONWriter()
        json.value(value)
        #expect(try json.bytes.withUnsafeBytes { try JSONValue($0) }.number?.bitPattern == value.bitPattern)
    }
}
