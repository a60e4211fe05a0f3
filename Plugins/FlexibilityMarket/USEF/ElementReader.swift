internal import StreamedXML

/// Makes a tree of the elements of a document.
final class ElementReader: XMLHandler {
    private(set) var refusal: String?
    private(set) var root: UFTPElement?
    private var open: [UFTPElement] = []
    private var count = 0

    private static let mostElements = 20_000
    private static let deepest = 16

    func start(
        name: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, uri: UnsafePointer<UInt8>?, attributes: XMLAttributes.Pointer?, count: Int, line: Int
    ) -> Bool {
        self.count += 1
        guard self.count <= Self.mostElements, open.count < Self.deepest else {
            refusal = "the message has more than \(Self.mostElements) elements, or nests them deeper than \(Self.deepest)"
            return false
        }
        var element = UFTPElement(Self.text(name))
        for position in 0..<count {
            guard let attributes, let key = attributes[5 * position], let begin = attributes[5 * position + 3], let end = attributes[5 * position + 4] else { continue }
            element.attributes[Self.text(key)] = Self.value(UnsafeBufferPointer(start: begin, count: end - begin))
        }
        open.append(element)
        return true
    }

    func end() {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { true }

    func refuseDocumentType() { refusal = "the message declares a document type, which is not accepted" }

    private static func text(_ pointer: UnsafePointer<UInt8>) -> String {
        var length = 0
        while pointer[length] != 0 { length += 1 }
        return String(decoding: UnsafeBufferPointer(start: pointer, count: length), as: UTF8.self)
    }

    /// libxml2 leaves the ampersand of an attribute escaped, as `&#38;`.
    private static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "&", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(String(parts.first ?? "")) { $0 + "&" + ($1.hasPrefix("#38;") ? $1.dropFirst(4) : $1) }
    }
}
