internal import Glibc
internal import StreamedXML

/// Receives the elements of one file and puts their statements into the store.
///
/// Depth 0 is `rdf:RDF`, 1 an object, 2 one of its properties. libxml2 keeps each name once per parser, so names are told apart by
/// their addresses.
final class RDFHandler: XMLHandler {
    private enum Meaning {
        case known(Int16)
        case unknown
        case header
    }

    private let store: RDFStore
    private let file: Int16
    private let fileName: String
    private let limits: CIMReader.Limits
    private var depth = 0
    private var classes: [UnsafeRawPointer: Meaning] = [:]
    private var properties: [UnsafeRawPointer: Meaning] = [:]
    private var namespaces: [UnsafeRawPointer: Bool] = [:]
    private var object: Int32 = -1
    private var isHeader = false
    private var property: Int16 = -1
    private var headerProperty = ""
    private var hasReference = false
    private var text: [UInt8] = []

    private(set) var unknownClasses: [String: Int] = [:]
    private(set) var namespace: String?
    private(set) var profiles: [String] = []
    private(set) var scenarioTime: String?
    /// Why reading ended early; nil while all is well.
    private(set) var refusal: String?
    private var hasRoot = false

    init(store: RDFStore, file: Int16, fileName: String, limits: CIMReader.Limits) {
        self.store = store
        self.file = file
        self.fileName = fileName
        self.limits = limits
    }

    var hasHeader: Bool { !profiles.isEmpty || seenHeader }
    private var seenHeader = false
    var sawRoot: Bool { hasRoot }

    typealias Attributes = XMLAttributes.Pointer

    /// - Returns: false to stop the parser, with `refusal` set.
    func start(
        name: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, uri: UnsafePointer<UInt8>?, attributes: Attributes?, count: Int,
        line: Int
    ) -> Bool {
        defer { depth += 1 }
        switch depth {
        case 0: return startRoot(name: name, uri: uri)
        case 1: startObject(name: name, prefix: prefix, uri: uri, attributes: attributes, count: count, line: line)
        case 2: startProperty(name: name, uri: uri, attributes: attributes, count: count)
        default:
            if depth >= limits.depth {
                refusal = "elements lie more than \(limits.depth) deep, CIM has them at most 3 deep; this is no CIM file"
                return false
            }
            property = -1
        }
        return true
    }

    func end() {
        depth -= 1
        switch depth {
        case 2: endProperty()
        case 1: (object, isHeader) = (-1, false)
        default: break
        }
    }

    /// - Returns: false to stop the parser, with `refusal` set.
    func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard depth == 3, !hasReference, property >= 0 || (isHeader && !headerProperty.isEmpty) else { return true }
        guard text.count + bytes.count <= limits.textBytes else {
            refusal = "a text is longer than \(limits.textBytes) bytes, no property of CIM is; this is no CIM file"
            return false
        }
        text.append(contentsOf: bytes)
        return true
    }

    func refuseDocumentType() {
        refusal = "it has a document type declaration, which CIM never has and whose entities could grow without bound; remove it"
    }

    private func startRoot(name: UnsafePointer<UInt8>, uri: UnsafePointer<UInt8>?) -> Bool {
        hasRoot = true
        guard strcmp(Self.chars(name), "RDF") == 0, let uri, strcmp(Self.chars(uri), "http://www.w3.org/1999/02/22-rdf-syntax-ns#") == 0
        else {
            refusal = "its outermost element is '\(String(cString: name).prefix(60))', expected rdf:RDF; give a CIM RDF/XML file"
            return false
        }
        return true
    }

    private func startObject(
        name: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, uri: UnsafePointer<UInt8>?, attributes: Attributes?, count: Int,
        line: Int
    ) {
        let meaning = classes[name] ?? learnClass(name, uri)
        switch meaning {
        case .header:
            (isHeader, seenHeader) = (true, true)
        case .unknown:
            let label = (prefix.map { String(cString: $0) + ":" } ?? "") + String(cString: name)
            let shown = label.hasPrefix("cim:") ? String(label.dropFirst(4)) : label
            if unknownClasses.count < limits.unknownClasses || unknownClasses[shown] != nil { unknownClasses[shown, default: 0] += 1 }
            define(classNumber: 0, name: name, attributes: attributes, count: count, line: line)
        case .known(let number):
            define(classNumber: number, name: name, attributes: attributes, count: count, line: line)
        }
    }

    private func define(classNumber: Int16, name: UnsafePointer<UInt8>, attributes: Attributes?, count: Int, line: Int) {
        object = -1
        for position in 0..<count {
            guard let attribute = Attribute(attributes, position), attribute.isRDF else { continue }
            let isDefinition = attribute.named("ID")
            guard isDefinition || attribute.named("about") else { continue }
            let identifier = Self.identifier(attribute.value)
            guard !identifier.isEmpty, identifier.count <= limits.identifierBytes else {
                complain(line, "a \(String(cString: name)) has an empty or far too long identifier, expected an mRID; it is left out")
                return
            }
            let number = store.number(of: identifier)
            let naming: RDFStore.Naming = isDefinition ? .definition : seenHeader ? .more : .onceInFile
            guard store.begin(number, classNumber: classNumber, naming: naming, file: file, line: Int32(clamping: line)) else {
                return
            }
            object = classNumber == 0 ? -1 : number
            return
        }
        if classNumber > 0 { complain(line, "a \(String(cString: name)) has neither rdf:ID nor rdf:about; it is left out") }
    }

    private func startProperty(name: UnsafePointer<UInt8>, uri: UnsafePointer<UInt8>?, attributes: Attributes?, count: Int) {
        text.removeAll(keepingCapacity: true)
        (property, hasReference, headerProperty) = (-1, false, "")
        if isHeader {
            headerProperty = String(cString: name)
            return
        }
        guard object >= 0, case .known(let number) = properties[name] ?? learnProperty(name) else { return }
        property = number
        for position in 0..<count {
            guard let attribute = Attribute(attributes, position), attribute.isRDF, attribute.named("resource") else { continue }
            hasReference = true
            if let kind = Self.enumeration(attribute.value) {
                store.add(property: number, text: kind)
                return
            }
            let identifier = Self.identifier(attribute.value)
            guard !identifier.isEmpty, identifier.count <= limits.identifierBytes else { return }
            store.add(property: number, reference: store.number(of: identifier))
            return
        }
    }

    private func endProperty() {
        if isHeader { endHeaderProperty() }
        guard property >= 0, !hasReference else { return }
        text.withUnsafeBufferPointer { bytes in
            var (start, end) = (0, bytes.count)
            while start < end, Self.isSpace(bytes[start]) { start += 1 }
            while end > start, Self.isSpace(bytes[end - 1]) { end -= 1 }
            // An element without text tells nothing.
            guard end > start else { return }
            store.add(property: property, text: UnsafeBufferPointer(rebasing: bytes[start..<end]))
        }
        property = -1
    }

    private func endHeaderProperty() {
        let value = String(decoding: text, as: UTF8.self)
        if headerProperty == "Model.profile", profiles.count < 64 { profiles.append(value) }
        if headerProperty == "Model.scenarioTime" { scenarioTime = value }
        headerProperty = ""
    }

    private func learnClass(_ name: UnsafePointer<UInt8>, _ uri: UnsafePointer<UInt8>?) -> Meaning {
        let text = String(cString: name)
        let meaning: Meaning
        let space = uri.map { String(cString: $0) } ?? ""
        if space.hasPrefix("http://iec.ch/TC57/61970-552/ModelDescription") {
            meaning = text == "FullModel" || text == "DifferenceModel" ? .header : .unknown
        } else if Self.isCIM(space) {
            if namespace == nil { namespace = space }
            meaning = CIMVocabulary.classNumbers[text].map { .known(Int16($0)) } ?? .unknown
        } else {
            meaning = .unknown
        }
        classes[name] = meaning
        return meaning
    }

    private func learnProperty(_ name: UnsafePointer<UInt8>) -> Meaning {
        let meaning: Meaning = CIMVocabulary.propertyNumbers[String(cString: name)].map { .known(Int16($0)) } ?? .unknown
        properties[name] = meaning
        return meaning
    }

    private func complain(_ line: Int, _ sentence: String) { store.log.add(.error, file: fileName, line: line, sentence) }

    static func isCIM(_ uri: String) -> Bool {
        uri.hasPrefix("http://iec.ch/TC57/") && uri.contains("CIM") || uri.hasPrefix("http://iec.ch/TC57/20")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0d) }

    static func chars(_ text: UnsafePointer<UInt8>) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self)
    }

    /// Without `#`, `urn:uuid:` and the underscore before it.
    private static func identifier(_ value: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var rest = value[...]
        // References of some exporters carry the base address of the model before the fragment.
        if let hash = rest.lastIndex(of: UInt8(ascii: "#")) { rest = rest[(hash + 1)...] }
        if rest.count > 9, rest.starts(with: "urn:uuid:".utf8) { rest = rest.dropFirst(9) }
        if rest.first == UInt8(ascii: "_") { rest = rest.dropFirst() }
        return UnsafeBufferPointer(rebasing: rest)
    }

    /// The value of an enumeration (`http://…#PhaseCode.ABC` gives `ABC`), nil for a reference to an object.
    private static func enumeration(_ value: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard value.starts(with: "http".utf8), let hash = value.lastIndex(of: UInt8(ascii: "#")),
            let dot = value[hash...].lastIndex(of: UInt8(ascii: "."))
        else { return nil }
        return UnsafeBufferPointer(rebasing: value[(dot + 1)...])
    }
}

/// One attribute of an element as libxml2 hands it over: five pointers.
private struct Attribute {
    let name: UnsafePointer<UInt8>
    let uri: UnsafePointer<UInt8>?
    let value: UnsafeBufferPointer<UInt8>

    init?(_ attributes: RDFHandler.Attributes?, _ position: Int) {
        guard let attributes, let name = attributes[5 * position], let start = attributes[5 * position + 3],
            let end = attributes[5 * position + 4]
        else { return nil }
        self.name = name
        uri = attributes[5 * position + 2]
        value = UnsafeBufferPointer(start: start, count: end - start)
    }

    var isRDF: Bool {
        guard let uri else { return false }
        return strcmp(RDFHandler.chars(uri), "http://www.w3.org/1999/02/22-rdf-syntax-ns#") == 0
    }

    func named(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { strcmp(RDFHandler.chars(name), UnsafeRawPointer($0.baseAddress!).assumingMemoryBound(to: CChar.self)) == 0 }
    }
}
