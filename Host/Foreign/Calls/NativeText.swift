/// Texts as libraries have them: bytes in UTF-8 or ISO 8859-1.
enum NativeText {
    /// The bytes without a final NUL; a text that holds one would be cut there, and is refused.
    static func encode(_ text: String, isLatin1: Bool) throws(ForeignFault) -> [UInt8] {
        guard !text.utf8.contains(0) else { throw .input("expected a text without the character NUL; got one with it") }
        guard isLatin1 else { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { throw .input("expected characters of ISO 8859-1; got '\(scalar)'") }
            bytes.append(byte)
        }
        return bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, isLatin1: Bool) throws(ForeignFault) -> String {
        if isLatin1 {
            var scalars = String.UnicodeScalarView()
            scalars.append(contentsOf: bytes.map { Unicode.Scalar($0) })
            return String(scalars)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .function("expected a text in UTF-8; got other bytes") }
        return text
    }

    /// A text of Fortran, which has blanks behind it.
    static func decodePadded(_ bytes: UnsafeRawBufferPointer, isLatin1: Bool) throws(ForeignFault) -> String {
        var count = bytes.count
        while count > 0, bytes[count - 1] == UInt8(ascii: " ") { count -= 1 }
        return try decode(UnsafeRawBufferPointer(rebasing: bytes[..<count]), isLatin1: isLatin1)
    }
}
