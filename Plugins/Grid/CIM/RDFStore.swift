internal import Glibc

/// The statements of all files, kept compactly: 8 bytes each, texts in one array of bytes.
///
/// Only classes and properties of `CIMVocabulary` are kept. Objects are numbered as their identifiers are.
final class RDFStore {
    struct Statement {
        var property: Int16
        var isReference: Bool
        /// The number of the object referred to, or where the text begins in `texts`.
        var value: UInt32
    }

    /// Statements of one element in a file; an object that several files tell of has several.
    private struct Segment {
        var start: Int32
        var end: Int32
        var next: Int32 = -1
    }

    /// How an element names its object.
    enum Naming {
        /// `rdf:ID`: the definition, once in all files.
        case definition
        /// `rdf:about` in a file without a model header, where it stands for the definition: once in that file.
        case onceInFile
        /// `rdf:about`: more about an object.
        case more
    }

    private struct Definition {
        var classNumber: Int16 = -1
        var isByID = false
        var file: Int16 = -1
        var line: Int32 = 0
        var first: Int32 = -1
        var last: Int32 = -1
    }

    var identifiers = IdentifierTable()
    private(set) var statements: [Statement] = []
    /// Each ends with a zero byte.
    private(set) var texts: [UInt8] = []
    private var segments: [Segment] = []
    private var definitions: [Definition] = []
    private var membersOfClass: [[Int32]] = Array(repeating: [], count: CIMVocabulary.classNames.count)
    private(set) var files: [String] = []
    let log: ProblemLog

    init(log: ProblemLog) { self.log = log }

    /// Defined objects.
    private(set) var objectCount = 0

    func addFile(_ name: String) -> Int16 {
        files.append(name)
        return Int16(min(files.count - 1, Int(Int16.max)))
    }

    func number(of identifier: UnsafeBufferPointer<UInt8>) -> Int32 {
        let number = identifiers.number(of: identifier)
        if Int(number) >= definitions.count { definitions.append(Definition()) }
        return number
    }

    func isDefined(_ object: Int32) -> Bool { definitions[Int(object)].classNumber >= 0 }

    /// The class of an object, nil for one that is only referred to.
    func className(_ object: Int32) -> String? {
        let number = definitions[Int(object)].classNumber
        return number < 0 ? nil : CIMVocabulary.classNames[Int(number)]
    }

    func place(_ object: Int32) -> (file: String, line: Int) {
        let definition = definitions[Int(object)]
        return definition.file < 0 ? ("all files", 0) : (files[Int(definition.file)], Int(definition.line))
    }

    /// Begins an element about an object. False when it is refused: a second definition of the same mRID.
    func begin(_ object: Int32, classNumber: Int16, naming: Naming, file: Int16, line: Int32) -> Bool {
        let index = Int(object)
        let known = definitions[index]
        if known.classNumber < 0 {
            definitions[index].classNumber = classNumber
            membersOfClass[Int(classNumber)].append(object)
            objectCount += 1
        } else if (naming == .definition && known.isByID) || (naming == .onceInFile && known.file == file) {
            refuse(object, classNumber: classNumber, file: file, line: line)
            return false
        } else if known.classNumber != classNumber {
            refuseOtherClass(object, classNumber: classNumber, file: file, line: line)
        }
        if known.classNumber < 0 || naming == .definition {
            definitions[index].file = file
            definitions[index].line = line
            definitions[index].isByID = naming == .definition
        }
        let segment = Int32(segments.count)
        segments.append(Segment(start: Int32(statements.count), end: Int32(statements.count)))
        if definitions[index].first < 0 {
            definitions[index].first = segment
        } else {
            segments[Int(definitions[index].last)].next = segment
        }
        definitions[index].last = segment
        return true
    }

    private func refuse(_ object: Int32, classNumber: Int16, file: Int16, line: Int32) {
        let first = place(object)
        let name = CIMVocabulary.classNames[Int(classNumber)]
        log.add(
            .error, file: files[Int(file)], line: Int(line), mRID: identifiers.string(object),
            "this \(name) has an mRID that \(first.file):\(first.line) (\(className(object) ?? "")) has already; mRIDs are unique, the first one counts")
    }

    private func refuseOtherClass(_ object: Int32, classNumber: Int16, file: Int16, line: Int32) {
        let first = place(object)
        log.add(
            .warning, file: files[Int(file)], line: Int(line), mRID: identifiers.string(object),
            "it is called a \(CIMVocabulary.classNames[Int(classNumber)]) here and a \(className(object) ?? "") in \(first.file):\(first.line); the latter counts")
    }

    func add(property: Int16, reference: Int32) {
        append(Statement(property: property, isReference: true, value: UInt32(bitPattern: reference)))
    }

    func add(property: Int16, text: UnsafeBufferPointer<UInt8>) {
        append(Statement(property: property, isReference: false, value: UInt32(truncatingIfNeeded: texts.count)))
        texts.append(contentsOf: text)
        texts.append(0)
    }

    private func append(_ statement: Statement) {
        statements.append(statement)
        segments[segments.count - 1].end = Int32(statements.count)
    }

    /// The objects of a class in the order of the files.
    func members(of className: String) -> [Int32] {
        guard let number = CIMVocabulary.classNumbers[className] else { return [] }
        return membersOfClass[number]
    }

    /// The last statement of a property: what a later file tells replaces what an earlier one told.
    func statement(_ object: Int32, _ property: Int16) -> Statement? {
        var found: Statement?
        forEach(object) { if $0.property == property { found = $0 } }
        return found
    }

    @inline(__always)
    func forEach(_ object: Int32, _ body: (Statement) -> Void) {
        var segment = definitions[Int(object)].first
        while segment >= 0 {
            let range = segments[Int(segment)]
            for position in range.start..<range.end { body(statements[Int(position)]) }
            segment = range.next
        }
    }

    func text(_ statement: Statement) -> String {
        texts.withUnsafeBufferPointer { bytes in
            let start = Int(statement.value)
            var end = start
            while bytes[end] != 0 { end += 1 }
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
    }

    /// The number that a text is, nil when it is none.
    func number(_ statement: Statement) -> Double? {
        texts.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return nil }
            return base.advanced(by: Int(statement.value)).withMemoryRebound(to: CChar.self, capacity: 1) { text in
                var end: UnsafeMutablePointer<CChar>?
                let number = strtod(text, &end)
                guard let end, end > UnsafeMutablePointer(mutating: text), end.pointee == 0 else { return nil }
                return number
            }
        }
    }
}
