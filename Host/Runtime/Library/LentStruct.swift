/// Reads structs of the ABI that a plugin filled, whose size is the plugin's word.
enum LentStruct {
    /// A copy of a struct, of which `size` bytes are there: what today's headers have beyond is zero, hence NULL, as in a library made
    /// with older headers; what the plugin has beyond today's headers is left away.
    static func copy<Struct>(_ lent: UnsafePointer<Struct>, size: Int) -> Struct {
        withUnsafeTemporaryAllocation(of: Struct.self, capacity: 1) { place in
            let bytes = UnsafeMutableRawBufferPointer(place)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: lent, count: min(size, MemoryLayout<Struct>.size)))
            return bytes.load(as: Struct.self)
        }
    }
}
