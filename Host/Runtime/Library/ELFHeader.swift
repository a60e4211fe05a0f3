internal import Glibc

/// The part of an ELF header that tells whether a file can be loaded here, read without running any code of it.
enum ELFHeader {
    /// Refuses a file that is not a shared library for this machine.
    /// - Parameter path: shown to people in place of `image`, which is what is read.
    static func check(_ image: String, path: String) throws(LibraryRefusal) {
        let header: [UInt8]
        do throws(HostFiles.Failure) { header = try first64Bytes(of: image) } catch { throw .notALibrary(error.description) }
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw .notALibrary("\(path) is not a shared library (expected an ELF file; got something else; compile it with -shared)")
        }
        guard header[4] == 2, header[5] == 1 else {
            throw .notALibrary(
                "\(path) is for another architecture (expected 64-bit little-endian; got another ELF class; rebuild it for this machine)")
        }
        let machine = Int(header[18]) | Int(header[19]) << 8
        guard machine == ownMachine else {
            throw .notALibrary(
                "\(path) is for another architecture (expected \(name(of: ownMachine)); got \(name(of: machine)); rebuild it for this machine)"
            )
        }
        let type = Int(header[16]) | Int(header[17]) << 8
        guard type == 3 else {
            throw .notALibrary("\(path) is not a shared library (expected ELF type DYN; got type \(type); compile it with -shared)")
        }
    }

    /// Refuses a file that ends before its own header says so: one that was not written to its end. Loading it would end the process.
    static func checkComplete(_ image: String, path: String) throws(LibraryRefusal) {
        let header: [UInt8]
        do throws(HostFiles.Failure) { header = try first64Bytes(of: image) } catch { throw .notALibrary(error.description) }
        guard header.count == 64 else { return }
        var status = stat()
        guard stat(image, &status) == 0 else { throw .notALibrary(HostFiles.Failure("can't look at \(path)").description) }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            header[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        // The table of sections stands behind everything else in what linkers write (ELF-64, figure 3: e_shoff, e_shentsize, e_shnum).
        let (end, overflows) = number(0x28, 8).addingReportingOverflow(number(0x3A, 2) * number(0x3C, 2))
        guard overflows || end > UInt64(status.st_size) else { return }
        throw .notALibrary(
            "\(path) is not complete (expected \(end) bytes, as its header says; got \(status.st_size); copy it again)")
    }

    private static func first64Bytes(of path: String) throws(HostFiles.Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostFiles.Failure("can't open \(path)") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &bytes, 64)
        guard count >= 0 else { throw HostFiles.Failure("can't read \(path)") }
        return Array(bytes[..<count])
    }

    #if arch(x86_64)
    private static let ownMachine = 62
    #elseif arch(arm64)
    private static let ownMachine = 183
    #endif

    private static func name(of machine: Int) -> String {
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
