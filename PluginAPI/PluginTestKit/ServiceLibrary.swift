public import CPluginAPI
import Glibc
public import PluginAPI

/// A service library, opened as the real host opens it.
public struct ServiceLibrary: Sendable {
    /// The type of `dsotp_plugin_entry`.
    public typealias Entry = @convention(c) (UnsafePointer<dsotp_host_abi>?) -> UnsafePointer<dsotp_module>?

    /// The library's entry function.
    public let entry: Entry

    /// Opens a shared library, never to be closed again: closing a Swift library crashes the process.
    public init(path: String) throws(HarnessError) {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw HarnessError("the library \(path) cannot be opened: \(String(cString: dlerror()))")
        }
        guard let symbol = dlsym(handle, "dsotp_plugin_entry") else {
            throw HarnessError("the library \(path) does not export dsotp_plugin_entry: mark it `@c @implementation public`")
        }
        entry = unsafeBitCast(symbol, to: Entry.self)
    }

    /// The library `lib<name>.so` that SwiftPM built beside the running test bundle.
    public init(built name: String) throws(HarnessError) {
        let path = ServiceLibrary.buildFolder + "/lib\(name).so"
        guard access(path, R_OK) == 0 else {
            throw HarnessError("\(path) is not there: make it a product of the package, and build with `swift build --build-tests`")
        }
        try self.init(path: path)
    }

    /// An entry function that is linked into the test.
    public init(entry: @escaping Entry) { self.entry = entry }

    /// The folder of the running executable.
    private static var buildFolder: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// The module, for a host that serves the given versions of the ABI.
    public func module(
        major: UInt32 = DSOTP_ABI_MAJOR, minors: ClosedRange<UInt32> = DSOTP_ABI_MINOR...DSOTP_ABI_MINOR,
        hostName: String = "PluginTestKit"
    ) throws(ServiceError) -> UnsafePointer<dsotp_module> {
        var refusal = dsotp_error()
        refusal.size = UInt32(MemoryLayout<dsotp_error>.size)
        let found = hostName.withPluginBytes { name in
            withUnsafeMutablePointer(to: &refusal) { refusal in
                var host = dsotp_host_abi(
                    size: UInt32(MemoryLayout<dsotp_host_abi>.size), major: major, oldest_minor: minors.lowerBound,
                    newest_minor: minors.upperBound, name: dsotp_host_bytes(name.buffer), version: dsotp_host_bytes(),
                    refusal: refusal)
                return entry(&host)
            }
        }
        guard let found else {
            throw ServiceError(taking: &refusal, status: refusal.status)
        }
        return found
    }
}
