internal import CPluginAPI
internal import Glibc

extension UnsafeRawBufferPointer {
    /// The bytes that a plugin lends, or `nil` if they can't be: NULL with a count, or more than memory can hold.
    init?(_ bytes: dsotp_plugin_bytes) {
        guard bytes.count <= 1 << 40, bytes.data != nil || bytes.count == 0 else { return nil }
        self.init(start: bytes.data, count: Int(bytes.count))
    }

    /// Whether the bytes are well-formed UTF-8 (RFC 3629). ASCII is decided eight bytes at a time.
    var isUTF8: Bool {
        var position = 0
        while position + 8 <= count {
            guard loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else { break }
            position += 8
        }
        while position < count, self[position] < 0x80 { position += 1 }
        return position == count || String(validating: self[position...], as: UTF8.self) != nil
    }
}

extension String {
    /// The text that a plugin lends, or `nil` if it is not UTF-8.
    init?(copying bytes: dsotp_plugin_bytes) {
        guard let buffer = UnsafeRawBufferPointer(bytes) else { return nil }
        self.init(validating: buffer, as: UTF8.self)
    }
}

extension dsotp_owned_bytes {
    /// A copy of bytes that the receiver owns and releases.
    init(copying bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0, let copy = malloc(bytes.count) else {
            self.init()
            return
        }
        memcpy(copy, source, bytes.count)
        self.init(data: copy, count: UInt64(bytes.count), release: { free($0) }, owner: copy)
    }

    init(copying text: String) {
        var text = text
        self = text.withUTF8 { dsotp_owned_bytes(copying: UnsafeRawBufferPointer($0)) }
    }

    /// Copies the content as text, what is not UTF-8 replaced, and releases the bytes.
    func take() -> String {
        var text = ""
        if let data, count > 0, count <= 1 << 24 {
            text = String(decoding: UnsafeRawBufferPointer(start: data, count: Int(count)), as: UTF8.self)
        }
        release?(owner)
        return text
    }
}
