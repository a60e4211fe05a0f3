/// The dynamic symbol table.
enum ELFSymbols {
    /// The defined global and weak symbols that are visible to others, sorted by their names.
    static func exported(by file: BoundedBytes, sections: [ELFSection]) throws(TrustError) -> [(name: String, isFunction: Bool)] {
        guard let symbols = sections.first(where: { $0.type == ELFSection.dynamicSymbols }) else { return [] }
        guard symbols.entrySize == 24, symbols.link < UInt32(sections.count),
            sections[Int(symbols.link)].type == ELFSection.stringTable
        else { throw file.damaged("its table of dynamic symbols contradicts itself") }
        let names = sections[Int(symbols.link)].range
        var exported: [(name: String, isFunction: Bool)] = []
        // The first entry is reserved.
        for index in stride(from: 24, to: symbols.range.count - 23, by: 24) {
            let place = UInt64(symbols.range.lowerBound + index)
            let information: UInt8 = try file.number(at: place + 4, "a symbol")
            let visibility: UInt8 = try file.number(at: place + 5, "a symbol")
            let section: UInt16 = try file.number(at: place + 6, "a symbol")
            let isGlobalOrWeak = information >> 4 == 1 || information >> 4 == 2
            let isVisible = visibility & 3 == 0 || visibility & 3 == 3
            // SHN_UNDEF: it is asked for, not offered. SHN_ABS: the name of a version, or a constant; neither is called.
            guard isGlobalOrWeak, isVisible, section != 0, section != 0xFFF1 else { continue }
            let name: UInt32 = try file.number(at: place, "a symbol")
            // STT_FUNC, and STT_GNU_IFUNC for those of which the loader chooses one.
            let isFunction = information & 15 == 2 || information & 15 == 10
            exported.append((try file.text(at: UInt64(name), in: names, "the name of a symbol"), isFunction))
        }
        return exported.sorted { $0.name < $1.name }
    }
}
