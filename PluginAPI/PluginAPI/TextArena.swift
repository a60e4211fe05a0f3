package import CPluginAPI

/// Copies of texts and name-value pairs in stable memory, to lend to the host during a call with many texts.
/// Whoever makes one calls ``release()``.
package struct TextArena {
    private var blocks: [UnsafeMutableRawPointer] = []

    package init() {}

    /// A copy of the text, valid until `release`.
    package mutating func copy(_ text: String) -> dsotp_plugin_bytes {
        guard !text.isEmpty else { return dsotp_plugin_bytes(data: nil, count: 0) }
        let utf8 = Array(text.utf8)
        let block = UnsafeMutableRawPointer.allocate(byteCount: utf8.count, alignment: 1)
        utf8.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: block, count: utf8.count).copyMemory(from: $0) }
        blocks.append(block)
        return dsotp_plugin_bytes(data: block, count: UInt64(utf8.count))
    }

    /// Copies of the pairs, valid until `release`; nil if there are none.
    package mutating func copy(
        _ pairs: some Collection<(key: String, value: String)>
    ) -> UnsafePointer<dsotp_plugin_pair>? {
        guard !pairs.isEmpty else { return nil }
        let copies = UnsafeMutablePointer<dsotp_plugin_pair>.allocate(capacity: pairs.count)
        blocks.append(UnsafeMutableRawPointer(copies))
        for (index, pair) in pairs.enumerated() {
            (copies + index).initialize(to: dsotp_plugin_pair(name: copy(pair.key), value: copy(pair.value)))
        }
        return UnsafePointer(copies)
    }

    /// A copy of a struct without owners, valid until `release`.
    package mutating func keep<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> {
        let copy = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        copy.initialize(to: value)
        blocks.append(UnsafeMutableRawPointer(copy))
        return UnsafePointer(copy)
    }

    /// Frees all copies.
    package mutating func release() {
        for block in blocks { block.deallocate() }
        blocks.removeAll()
    }
}
