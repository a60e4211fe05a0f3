/// A 64-bit little-endian shared library, taken apart without running any of its code (System V gABI, chapters 4 and 5).
///
/// Every offset, size and count is checked against the file before it is used, so that a file made to mislead is refused with a
/// sentence. What the loader uses is read the way it does: dependencies by the dynamic segment, not by section names.
public struct ELFFile: Sendable {
    /// What the file was made for: 62 is x86-64, 183 is AArch64.
    public let machine: UInt16
    /// Libraries that the loader would load with it (`DT_NEEDED`), in their order.
    public let needed: [String]
    /// Its own name for the loader (`DT_SONAME`), or nil.
    public let sharedObjectName: String?
    /// Folders in which its dependencies are looked for (`DT_RUNPATH` or `DT_RPATH`), or nil.
    public let runPath: String?
    /// Functions and variables that it offers to others, sorted.
    public let exportedSymbols: [String]
    /// Those of them that can be called, sorted.
    public let exportedFunctions: [String]
    /// What it says about itself in `.note.dsotp`, or nil if it has no such note.
    public let note: IdentityNote?

    /// - Parameter name: the file's path, for sentences.
    /// - Throws: ``TrustError`` if the bytes are not a shared library, or a damaged one.
    public init(_ bytes: [UInt8], name: String) throws(TrustError) {
        let file = BoundedBytes(bytes: bytes, name: name)
        guard bytes.count >= 64, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw .format("\(name) is not a shared library (expected an ELF file; got something else; compile it with -shared)")
        }
        guard bytes[4] == 2, bytes[5] == 1, bytes[6] == 1 else {
            throw .format(
                "\(name) is for another architecture (expected 64-bit little-endian ELF, version 1; got class \(bytes[4]), encoding "
                    + "\(bytes[5]), version \(bytes[6]); rebuild it for this machine)")
        }
        let type: UInt16 = try file.number(at: 16, "the ELF type")
        guard type == 3 else {
            throw .format("\(name) is not a shared library (expected ELF type DYN; got type \(type); compile it with -shared)")
        }
        machine = try file.number(at: 18, "the machine")
        let segments = try ELFSegment.all(of: file)
        let sections = try ELFSection.all(of: file)
        let dynamic = try ELFDynamic(file, segments: segments)
        needed = dynamic.needed
        sharedObjectName = dynamic.sharedObjectName
        runPath = dynamic.runPath
        let exported = try ELFSymbols.exported(by: file, sections: sections)
        exportedSymbols = exported.map(\.name)
        exportedFunctions = exported.filter(\.isFunction).map(\.name)
        note = try IdentityNote(in: file, sections: sections)
    }

    /// The machine in words.
    public var machineName: String {
        switch machine {
        case 3: "x86 (32-bit)"
        case 40: "ARM (32-bit)"
        case 62: "x86-64"
        case 183: "AArch64"
        case 243: "RISC-V"
        default: "machine \(machine)"
        }
    }
}
