/// The dynamic symbol table.
enum ELFSymbols {
    /// Names of the defined global and weak symbols that are visible to others, sorted.
    static func exported(by file: BoundedBytes, sections: [ELFSection]) throws(TrustError) -> [String] {
        guard let symbols = sections.first(where: { $0.type == ELFSection.dynamicSymbols }) else { return [] }
        guard symbols.entrySize == 24, symbols.link < UInt32(sections.count),
            sections[Int(symbols.link)].type == ELFSection.stringTable
        else { throw file.damaged("its table of dynamic symbols contradicts itself") }
        let names = sections[Int(symbols.link)].range
        var exported: [String] = []
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
            exported.append(try file.text(at: UInt64(name), in: names, "the name of a symbol"))
        }
        return exported.sorted()
    }
}
