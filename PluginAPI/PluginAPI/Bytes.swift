public import CPluginAPI
import Glibc

/// Whether a struct of `size` bytes, as its filler says, contains `member`: `DSOTP_HAS` of the C headers. Asks the type's
/// metadata: not for hot paths.
package func covers<Root, Value>(_ size: UInt32, _ member: KeyPath<Root, Value>) -> Bool {
    guard let offset = MemoryLayout<Root>.offset(of: member) else { return false }
    return Int(size) >= offset + MemoryLayout<Value>.size
}

/// A copy of a struct that the other side filled, of which `size` bytes are there; what today's headers have beyond is zero, hence NULL.
package func partialCopy<Struct>(_ lent: UnsafePointer<Struct>, size: UInt32) -> Struct {
    withUnsafeTemporaryAllocation(of: Struct.self, capacity: 1) { place in
        let bytes = UnsafeMutableRawBufferPointer(place)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.copyMemory(from: UnsafeRawBufferPointer(start: lent, count: min(Int(size), MemoryLayout<Struct>.size)))
        return bytes.load(as: Struct.self)
    }
}

extension dsotp_host_bytes {
    /// The bytes, valid for as long as the host lends them.
    @inlinable public var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(clamping: count))
    }

    package init(_ buffer: UnsafeRawBufferPointer) {
        self.init(data: buffer.baseAddress, count: UInt64(buffer.count))
    }
}

extension dsotp_plugin_bytes {
    /// The bytes, valid for as long as the plugin lends them.
    @inlinable public var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(clamping: count))
    }

    /// Lends bytes to the host for the duration of a call.
    @inlinable public init(_ buffer: UnsafeRawBufferPointer) {
        self.init(data: buffer.baseAddress, count: UInt64(buffer.count))
    }
}

extension dsotp_owned_bytes {
    /// A copy of the text, whose receiver releases it.
    package init(owning text: String) {
        self.init(owning: Array(text.utf8))
    }

    /// A copy of the bytes, whose receiver releases it. Empty, with nothing to release, if there is no memory.
    package init(owning bytes: [UInt8]) {
        guard !bytes.isEmpty, let copy = malloc(bytes.count) else {
            self.init(data: nil, count: 0, release: nil, owner: nil)
            return
        }
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: bytes.count) }
        self.init(data: copy, count: UInt64(bytes.count), release: { free($0) }, owner: copy)
    }

    /// The text; the bytes are released.
    package mutating func take() -> String {
        String(decoding: takeBytes(), as: UTF8.self)
    }

    /// The bytes; the memory of the other side is released.
    package mutating func takeBytes() -> [UInt8] {
        let bytes = data == nil ? [] : [UInt8](UnsafeRawBufferPointer(start: data, count: Int(clamping: count)))
        release?(owner)
        self = dsotp_owned_bytes(data: nil, count: 0, release: nil, owner: nil)
        return bytes
    }
}

extension String {
    /// Lends the text's UTF-8 to the host for the duration of `body`.
    package func withPluginBytes<Result, Failure: Error>(
        _ body: (dsotp_plugin_bytes) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var text = self
        var outcome: Swift.Result<Result, Failure>?
        text.withUTF8 { utf8 in
            do throws(Failure) {
                outcome = .success(try body(dsotp_plugin_bytes(UnsafeRawBufferPointer(utf8))))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.unsafelyUnwrapped.get()  // `withUTF8` has run its closure once.
    }
}
