/// The begin of a text, for sentences.
public func shown(_ text: UnsafeRawBufferPointer) -> String {
    let start = String(decoding: text.prefix(80), as: UTF8.self)
    return text.count > 80 ? start + "…" : start
}
