/// Writes numbers as little-endian bytes.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(_ value: Double) { put(value.bitPattern) }
    mutating func put(_ value: Float) { put(value.bitPattern) }
    mutating func put(_ value: Bool) { put(UInt8(value ? 1 : 0)) }

    mutating func put(_ text: String) {
        put(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func put(_ values: [Double]) { list(values) { $0.put($1) } }
    mutating func put(_ values: [Float]) { list(values) { $0.put($1) } }
    mutating func put<T: FixedWidthInteger>(_ values: [T]) { list(values) { $0.put($1) } }

    mutating func list<Element>(_ values: [Element], _ write: (inout ByteWriter, Element) -> Void) {
        put(UInt32(values.count))
        for value in values { write(&self, value) }
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
        put(value != nil)
        if let value { write(&self, value) }
    }
}

/// Reads what `ByteWriter` wrote; every length is checked against what is left.
struct ByteReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count - place >= size else { throw ForecastError.badArchive("it ends at byte \(bytes.count) within a value") }
        var value: T = 0
        withUnsafeMutableBytes(of: &value) { target in
            for index in 0..<size { target[index] = bytes[place + index] }
        }
        place += size
        return T(littleEndian: value)
    }

    mutating func double() throws -> Double { Double(bitPattern: try integer()) }
    mutating func float() throws -> Float { Float(bitPattern: try integer()) }
    mutating func bool() throws -> Bool { try integer(UInt8.self) != 0 }

    mutating func text() throws -> String {
        let count = Int(try integer(UInt32.self))
        guard bytes.count - place >= count else { throw ForecastError.badArchive("it ends at byte \(bytes.count) within a text") }
        defer { place += count }
        return String(decoding: bytes[place..<place + count], as: UTF8.self)
    }

    mutating func doubles() throws -> [Double] { try list { try $0.double() } }
    mutating func floats() throws -> [Float] { try list { try $0.float() } }
    mutating func integers<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> [T] { try list { try $0.integer() } }

    mutating func list<Element>(_ read: (inout ByteReader) throws -> Element) throws -> [Element] {
        let count = Int(try integer(UInt32.self))
        guard count <= bytes.count - place else { throw ForecastError.badArchive("a list of \(count) does not fit into its \(bytes.count) bytes") }
        var result: [Element] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try read(&self)) }
        return result
    }

    mutating func optional<Value>(_ read: (inout ByteReader) throws -> Value) throws -> Value? {
        try bool() ? try read(&self) : nil
    }
}
