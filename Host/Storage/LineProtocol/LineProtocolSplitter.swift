internal import Glibc

/// Cuts a write into lines. Comments, blank lines, the white space before a line and the `\r` of a CRLF are left out.
///
/// A newline inside a quoted text value belongs to the line. Where the next quote and the next byte outside ASCII are is
/// looked up once and remembered, so that lines without them are cut by `memchr` alone.
struct LineProtocolSplitter {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var nextQuote = -1
    private var nextOutsideASCII = -1

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The next line that may hold a point, not empty, valid as long as the bytes of the write; `nil` after the last one.
    /// `isValidUTF8` tells whether the line is text at all.
    mutating func next() -> (line: UnsafeBufferPointer<UInt8>, isValidUTF8: Bool)? {
        while position < bytes.count {
            let start = endOfWhiteSpace(from: position)
            guard start < bytes.count else { break }
            var end = index(of: UInt8(ascii: "\n"), from: start)
            let isComment = bytes[start] == UInt8(ascii: "#")
            if !isComment, firstQuote(from: start) < end { end = endOfQuotedLine(from: start) }
            position = end + 1
            if isComment { continue }
            if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if end == start { continue }
            let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
            return (line, firstOutsideASCII(from: start) >= end || LineProtocolUTF8.isValid(line))
        }
        position = bytes.count
        return nil
    }

    private func endOfWhiteSpace(from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0: index += 1
            default: return index
            }
        }
        return index
    }

    /// Where the byte is next, or the end.
    private func index(of byte: UInt8, from start: Int) -> Int {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return bytes.count }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    private mutating func firstQuote(from start: Int) -> Int {
        if nextQuote < start { nextQuote = index(of: UInt8(ascii: "\""), from: start) }
        return nextQuote
    }

    private mutating func firstOutsideASCII(from start: Int) -> Int {
        if nextOutsideASCII < start { nextOutsideASCII = LineProtocolUTF8.firstOutsideASCII(bytes, from: start) }
        return nextOutsideASCII
    }

    /// The end of a line with quotes: a quote opens a text only in the value of a field, that is after the first space and
    /// after more `=` than `,` there.
    private func endOfQuotedLine(from start: Int) -> Int {
        var index = start, isInFields = false, isQuoted = false, equalSigns = 0, commas = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n"), !isQuoted { return index }
            switch byte {
            case UInt8(ascii: "\\"):
                let escapes = index + 1 < bytes.count && (isQuoted || bytes[index + 1] != UInt8(ascii: "\n"))
                if escapes { index += 1 }
            case UInt8(ascii: " "): isInFields = true
            case UInt8(ascii: "=") where isInFields && !isQuoted: equalSigns += 1
            case UInt8(ascii: ",") where isInFields && !isQuoted: commas += 1
            case UInt8(ascii: "\"") where isInFields && equalSigns > commas: isQuoted.toggle()
            default: break
            }
            index += 1
        }
        return bytes.count
    }
}
