/// An entry of the program header table: what the loader maps.
struct ELFSegment {
    static let load: UInt32 = 1
    static let dynamic: UInt32 = 2

    let type: UInt32
    let offset: UInt64
    let address: UInt64
    let sizeInFile: UInt64

    static func all(of file: BoundedBytes) throws(TrustError) -> [ELFSegment] {
        let start: UInt64 = try file.number(at: 32, "the place of the program headers")
        let size: UInt16 = try file.number(at: 54, "the size of a program header")
        let count: UInt16 = try file.number(at: 56, "the number of program headers")
        guard count > 0, size >= 56 else { throw file.damaged("it has no program headers") }
        _ = try file.range(at: start, count: UInt64(size) * UInt64(count), "the table of program headers")
        var segments: [ELFSegment] = []
        for index in 0..<UInt64(count) {
            let place = start + index * UInt64(size)
            let segment = ELFSegment(
                type: try file.number(at: place, "a program header"), offset: try file.number(at: place + 8, "a program header"),
                address: try file.number(at: place + 16, "a program header"), sizeInFile: try file.number(at: place + 32, "a program header"))
            if segment.type == load || segment.type == dynamic {
                _ = try file.range(at: segment.offset, count: segment.sizeInFile, "segment \(index)")
            }
            segments.append(segment)
        }
        return segments
    }
}

/// An entry of the section header table.
struct ELFSection {
    static let stringTable: UInt32 = 3
    static let noBits: UInt32 = 8
    static let dynamicSymbols: UInt32 = 11

    let name: String
    let type: UInt32
    let range: Range<Int>
    let link: UInt32
    let entrySize: UInt64

    /// All sections; none if the file was stripped of their table.
    static func all(of file: BoundedBytes) throws(TrustError) -> [ELFSection] {
        let start: UInt64 = try file.number(at: 40, "the place of the section headers")
        let size: UInt16 = try file.number(at: 58, "the size of a section header")
        let count: UInt16 = try file.number(at: 60, "the number of section headers")
        let namesIndex: UInt16 = try file.number(at: 62, "the index of the section names")
        guard start > 0, count > 0 else { return [] }
        guard size >= 64, namesIndex < count else { throw file.damaged("its section headers contradict one another") }
        _ = try file.range(at: start, count: UInt64(size) * UInt64(count), "the table of section headers")
        let names = try contents(of: file, at: start + UInt64(namesIndex) * UInt64(size))
        var sections: [ELFSection] = []
        for index in 0..<UInt64(count) {
            let place = start + index * UInt64(size)
            let name: UInt32 = try file.number(at: place, "a section header")
            sections.append(
                ELFSection(
                    name: index == 0 ? "" : try file.text(at: UInt64(name), in: names, "the name of section \(index)"),
                    type: try file.number(at: place + 4, "a section header"), range: try contents(of: file, at: place),
                    link: try file.number(at: place + 40, "a section header"), entrySize: try file.number(at: place + 56, "a section header")))
        }
        return sections
    }

    private static func contents(of file: BoundedBytes, at place: UInt64) throws(TrustError) -> Range<Int> {
        let type: UInt32 = try file.number(at: place + 4, "a section header")
        // SHT_NULL and SHT_NOBITS take no room in the file, whatever their header says.
        guard type != 0, type != noBits else { return 0..<0 }
        let offset: UInt64 = try file.number(at: place + 24, "a section header")
        return try file.range(at: offset, count: try file.number(at: place + 32, "a section header"), "a section")
    }
}
