/// What hears the events of a document. Texts are libxml2's: they are gone when the call returns, but a name stands at one address all along.
public protocol XMLHandler: AnyObject {
    /// Why reading ended early, as a sentence without its begin ("it has …"); nil while all is well.
    var refusal: String? { get }

    /// An element begins.
    /// - Returns: false to stop the parser, with `refusal` set.
    func start(
        name: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, uri: UnsafePointer<UInt8>?, attributes: XMLAttributes.Pointer?,
        count: Int, line: Int
    ) -> Bool

    func end()

    /// A piece of the text of an element.
    /// - Returns: false to stop the parser, with `refusal` set.
    func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool

    /// The document declares a type, whose entities could grow without bound: sets `refusal`. The parser stops.
    func refuseDocumentType()
}

/// The attributes of an element as libxml2 hands them over: five pointers each.
public struct XMLAttributes {
    public typealias Pointer = UnsafeMutablePointer<UnsafePointer<UInt8>?>

    private let pointer: Pointer?
    private let count: Int

    public init(_ pointer: Pointer?, count: Int) {
        self.pointer = pointer
        self.count = count
    }

    /// The value of the attribute of that name, in whatever namespace.
    public func value(of name: String) -> UnsafeBufferPointer<UInt8>? {
        guard let pointer else { return nil }
        for position in 0..<count {
            guard let found = pointer[5 * position], XMLName.isEqual(found, name), let start = pointer[5 * position + 3],
                let end = pointer[5 * position + 4]
            else { continue }
            return UnsafeBufferPointer(start: start, count: end - start)
        }
        return nil
    }
}

/// Names of elements and attributes, without prefix.
public enum XMLName {
    public static func isEqual(_ name: UnsafePointer<UInt8>, _ text: String) -> Bool {
        var next = name
        for byte in text.utf8 {
            guard next.pointee == byte else { return false }
            next += 1
        }
        return next.pointee == 0
    }
}
