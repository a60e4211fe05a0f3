/// What the dynamic segment tells the loader.
struct ELFDynamic {
    private(set) var needed: [String] = []
    private(set) var sharedObjectName: String?
    private(set) var runPath: String?

    init(_ file: BoundedBytes, segments: [ELFSegment]) throws(TrustError) {
        guard let segment = segments.first(where: { $0.type == ELFSegment.dynamic }) else {
            throw file.damaged("it has no dynamic segment, so that nothing can load it")
        }
        var texts: [(tag: UInt64, offset: UInt64)] = []
        var table: (address: UInt64, size: UInt64) = (0, 0)
        for index in 0..<segment.sizeInFile / 16 {
            let tag: UInt64 = try file.number(at: segment.offset + index * 16, "an entry of the dynamic segment")
            let value: UInt64 = try file.number(at: segment.offset + index * 16 + 8, "an entry of the dynamic segment")
            switch tag {
            case 1, 14, 15, 29: texts.append((tag, value))
            case 5: table.address = value
            case 10: table.size = value
            default: break
            }
            if tag == 0 { break }
        }
        guard !texts.isEmpty else { return }
        let strings = try Self.strings(table, in: file, segments: segments)
        for (tag, offset) in texts {
            let text = try file.text(at: offset, in: strings, "a name in the dynamic segment")
            switch tag {
            case 1: needed.append(text)
            case 14: sharedObjectName = text
            // DT_RUNPATH takes the place of DT_RPATH where both are given.
            case 29: runPath = text
            default: runPath = runPath ?? text
            }
        }
    }

    /// The table of strings, whose address the loader translates by the segment that holds it.
    private static func strings(
        _ table: (address: UInt64, size: UInt64), in file: BoundedBytes, segments: [ELFSegment]
    ) throws(TrustError) -> Range<Int> {
        let holder = segments.first {
            $0.type == ELFSegment.load && table.address >= $0.address && table.address - $0.address < $0.sizeInFile
        }
        guard let holder else { throw file.damaged("its table of dynamic strings is in no segment") }
        return try file.range(at: holder.offset + (table.address - holder.address), count: table.size, "the table of dynamic strings")
    }
}
