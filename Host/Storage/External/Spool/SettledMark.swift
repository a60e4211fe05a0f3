internal import Glibc

/// The file that says up to which record the spool is settled. It may lag behind: what is sent again replaces itself.
struct SettledMark {
    private let path: String

    init(folder: String) { path = folder + "/settled" }

    /// 0 if it cannot be read.
    func read() -> UInt64 {
        guard let file = fopen(path, "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 32)
        guard fgets(&buffer, 32, file) != nil else { return 0 }
        return UInt64(String(decoding: buffer.prefix { $0 > 0x20 }.map(UInt8.init(bitPattern:)), as: UTF8.self)) ?? 0
    }

    func write(_ sequence: UInt64) {
        let fresh = path + ".new"
        guard let file = fopen(fresh, "w") else { return }
        let isWritten = fputs("\(sequence)\n", file) >= 0
        if fclose(file) == 0, isWritten { rename(fresh, path) } else { unlink(fresh) }
    }
}
