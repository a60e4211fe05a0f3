/// Sizes in bytes that structs of the host have in ABI 1.0 on 64-bit machines, by `Tests/Data/abi/layout-1.0.txt`. A host of an older minor
/// than this library's headers hands over structs that may be as short as this, and members beyond are looked for with ``covers(_:_:)``.
package enum FirstSizes {
    package static let host = 24
    package static let configuration = 24
    package static let message = 64
    package static let messageBatch = 32
    package static let request = 152
    package static let publication = 40
    package static let module = 72
    package static let service = 88
}
