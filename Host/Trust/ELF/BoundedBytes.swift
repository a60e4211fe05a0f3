/// Little-endian numbers and texts of a file; whatever lies outside of the file is refused, never read.
struct BoundedBytes {
    let bytes: [UInt8]
    /// The file, for sentences.
    let name: String

    /// An unsigned number of `Value`'s size at an offset from the beginning of the file.
    func number<Value: FixedWidthInteger & UnsignedInteger>(at offset: UInt64, _ what: String) throws(TrustError) -> Value {
        let place = try range(at: offset, count: UInt64(MemoryLayout<Value>.size), what)
        return bytes[place].reversed().reduce(0) { $0 << 8 | Value($1) }
    }

    /// The range of `count` bytes at an offset.
    func range(at offset: UInt64, count: UInt64, _ what: String) throws(TrustError) -> Range<Int> {
        let size = UInt64(bytes.count)
        guard offset <= size, count <= size - offset else {
            throw .format(
                "\(name) is damaged: \(what) lies outside of the file (expected an end at \(size) bytes at most; got \(count) bytes at "
                    + "\(offset); build or copy the file again)")
        }
        return Int(offset)..<Int(offset + count)
    }

    /// A text that ends with NUL inside `table`; at most 4096 bytes.
    func text(at offset: UInt64, in table: Range<Int>, _ what: String) throws(TrustError) -> String {
        guard offset < UInt64(table.count) else { throw damaged("\(what) begins outside of its table of strings") }
        let rest = bytes[(table.lowerBound + Int(offset))..<table.upperBound].prefix(4_097)
        guard let end = rest.firstIndex(of: 0) else { throw damaged("\(what) does not end") }
        guard let text = String(validating: rest[..<end], as: UTF8.self) else { throw damaged("\(what) is not UTF-8") }
        return text
    }

    func damaged(_ what: String) -> TrustError { .format("\(name) is damaged: \(what) (build or copy the file again)") }
}
