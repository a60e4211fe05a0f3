/// Why a library is not used; `description` says which file, what was expected, what was found and what to do.
public struct LibraryRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    private enum Code { case missing, notALibrary, symbol, version, contents, untrusted }
    private let code: Code
    public let description: String

    static func missing(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .missing, description: sentence) }
    static func notALibrary(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .notALibrary, description: sentence) }
    static func symbol(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .symbol, description: sentence) }
    static func version(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .version, description: sentence) }
    static func contents(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .contents, description: sentence) }
    /// The site does not trust it.
    public static func untrusted(_ sentence: String) -> LibraryRefusal { LibraryRefusal(code: .untrusted, description: sentence) }
}
