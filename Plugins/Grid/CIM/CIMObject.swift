/// One object of the files, with its properties by their CIM names.
struct CIMObject: Equatable {
    let store: RDFStore
    let number: Int32

    static func == (a: CIMObject, b: CIMObject) -> Bool { a.number == b.number }

    var mRID: String { store.identifiers.string(number) }
    var className: String { store.className(number) ?? "" }
    var isDefined: Bool { store.isDefined(number) }
    var name: String? { text("IdentifiedObject.name") }

    func statement(_ property: String) -> RDFStore.Statement? {
        guard let index = CIMVocabulary.propertyNumbers[property] else {
            assertionFailure("\(property) is not in CIMVocabulary")
            return nil
        }
        return store.statement(number, Int16(index))
    }

    func text(_ property: String) -> String? {
        guard let statement = statement(property), !statement.isReference else { return nil }
        return store.text(statement)
    }

    /// The value of an enumeration, without the name of its type: `ABC` of `PhaseCode.ABC`.
    func kind(_ property: String) -> String? { text(property) }

    /// A finite number; nil when it is not told. What is no number is a problem and taken as not told.
    func double(_ property: String) -> Double? {
        guard let statement = statement(property) else { return nil }
        guard !statement.isReference, let value = store.number(statement), value.isFinite, value.magnitude < 1e15 else {
            let got = statement.isReference ? "a reference" : "'\(store.text(statement).prefix(40))'"
            warn("\(className) '\(name ?? "")' has \(property) \(got), expected a finite number; it is taken as not told")
            return nil
        }
        return value
    }

    func integer(_ property: String) -> Int? {
        guard let value = double(property) else { return nil }
        guard value.magnitude < 1e9 else {
            warn("\(className) '\(name ?? "")' has \(property) \(value), expected a small whole number; it is taken as not told")
            return nil
        }
        return Int(value.rounded())
    }

    func flag(_ property: String) -> Bool? {
        guard let text = text(property) else { return nil }
        switch text {
        case "true", "True", "TRUE", "1": return true
        case "false", "False", "FALSE", "0": return false
        default:
            warn("\(className) '\(name ?? "")' has \(property) '\(text.prefix(40))', expected true or false; it is taken as not told")
            return nil
        }
    }

    /// The object that a property refers to. A reference to nothing is a problem and taken as not told.
    func reference(_ property: String) -> CIMObject? {
        guard let statement = statement(property) else { return nil }
        guard statement.isReference else {
            warn("\(className) '\(name ?? "")' has \(property) without rdf:resource, expected a reference; it is taken as not told")
            return nil
        }
        return target(statement, property)
    }

    /// All objects that a property refers to.
    func references(_ property: String) -> [CIMObject] {
        guard let index = CIMVocabulary.propertyNumbers[property] else { return [] }
        var found: [CIMObject] = []
        store.forEach(number) { statement in
            guard statement.property == Int16(index), statement.isReference else { return }
            if let object = target(statement, property) { found.append(object) }
        }
        return found
    }

    private func target(_ statement: RDFStore.Statement, _ property: String) -> CIMObject? {
        let object = CIMObject(store: store, number: Int32(bitPattern: statement.value))
        guard object.isDefined else {
            warn("\(className) '\(name ?? "")' refers with \(property) to \(object.mRID), which no file defines; give the file that does, or mend the reference")
            return nil
        }
        return object
    }

    func note(_ sentence: String) { report(.note, sentence) }
    func warn(_ sentence: String) { report(.warning, sentence) }
    func refuse(_ sentence: String) { report(.error, sentence) }

    private func report(_ severity: CIMProblem.Severity, _ sentence: String) {
        let place = store.place(number)
        store.log.add(severity, file: place.file, line: place.line, mRID: mRID, sentence)
    }
}

extension RDFStore {
    func objects(of classNames: String...) -> [CIMObject] {
        classNames.flatMap { members(of: $0) }.map { CIMObject(store: self, number: $0) }
    }

    /// For each object, the objects of the classes that refer to it with a property.
    func inverse(_ property: String, of classNames: String...) -> InverseReferences { inverse(property, of: classNames) }

    func inverse(_ property: String, of classNames: [String]) -> InverseReferences {
        guard let index = CIMVocabulary.propertyNumbers[property] else {
            assertionFailure("\(property) is not in CIMVocabulary")
            return InverseReferences(store: self, first: [], next: [], members: [])
        }
        let members = classNames.flatMap { self.members(of: $0) }
        var first = [Int32](repeating: -1, count: identifiers.count)
        var next = [Int32](repeating: -1, count: members.count)
        for position in members.indices.reversed() {
            guard let statement = statement(members[position], Int16(index)), statement.isReference else { continue }
            let target = Int(statement.value)
            next[position] = first[target]
            first[target] = Int32(position)
        }
        return InverseReferences(store: self, first: first, next: next, members: members)
    }
}

/// Who refers to an object with one property, in the order of the files.
struct InverseReferences {
    fileprivate let store: RDFStore
    fileprivate let first: [Int32]
    fileprivate let next: [Int32]
    fileprivate let members: [Int32]

    subscript(object: CIMObject) -> [CIMObject] {
        guard Int(object.number) < first.count else { return [] }
        var found: [CIMObject] = []
        var position = first[Int(object.number)]
        while position >= 0 {
            found.append(CIMObject(store: store, number: members[Int(position)]))
            position = next[Int(position)]
        }
        return found
    }
}
