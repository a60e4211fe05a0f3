import ArgumentParser
import Glibc

/// `dsotp emulate site SITE`: becomes the executable that plays the field, which is not the host's and knows grids.
struct EmulateSite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "site", abstract: "All devices of a site, from its grid model and its emulation.yaml.",
        discussion: "dsotp emulate site --help lists the options.", helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "The site's folder, and options.")
    var arguments: [String] = []

    private static let name = "dsotp-emulator"

    func run() throws {
        let path = try Self.beside()
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        execv(path, &words)
        throw PlatformError("\(path) can't be started: \(String(cString: strerror(errno))) (expected it beside dsotp, where the build puts it)")
    }

    /// The executable beside this one.
    private static func beside() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw PlatformError("where dsotp lies can't be read: \(String(cString: strerror(errno)))") }
        let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + name
    }
}
