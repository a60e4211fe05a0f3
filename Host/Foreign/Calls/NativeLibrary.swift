internal import Glibc

/// The library of others, loaded into this process: for a runner alone, since nothing is known of what it does.
public final class NativeLibrary: @unchecked Sendable {
    // @unchecked: written in `init` only; what the pointers lead to stays for the life of the process.

    /// Why a library can't serve a description: one sentence.
    public struct Refusal: Error, CustomStringConvertible {
        public let description: String
    }

    private let handle: UnsafeMutableRawPointer
    let functions: [UnsafeMutableRawPointer]
    let path: String

    /// Loads it, which runs its initialisers, and finds every function of the description.
    ///
    /// - Parameter path: what people know the file by, where `image` is a copy of it.
    public init(image: String, path: String, description: ForeignDescription) throws(Refusal) {
        guard let handle = dlopen(image, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw Refusal(description: "\(path) can't be loaded: \(reason) (expected all its symbols and libraries; install what is missing)")
        }
        self.handle = handle
        self.path = path
        var functions: [UnsafeMutableRawPointer] = []
        for function in description.functions {
            guard let address = dlsym(handle, function.symbol) else {
                throw Refusal(
                    description: "\(description.file):\(function.line): \(path) has no function '\(function.symbol)' (expected the symbol of "
                        + "'\(function.name)'; got none of that name; dsotp plugin inspect --foreign lists those there are)")
            }
            functions.append(address)
        }
        self.functions = functions
    }

    /// The value of a variable that holds a pointer; nil if there is no such variable.
    func pointer(named symbol: String) -> UInt? {
        dlsym(handle, symbol).map { $0.loadUnaligned(as: UInt.self) }
    }
}
