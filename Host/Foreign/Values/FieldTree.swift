internal import PluginAPI

/// Picks the wanted values out of a JSON document in one pass, building nothing of what is not wanted.
struct FieldTree: Sendable {
    private struct Node: Sendable {
        var keys: [(key: String, node: Int)] = []
        var indices: [(index: Int, node: Int)] = []
        /// What is wanted of the whole value here: the number of the path, and the steps that are still to go.
        var wanted: [(slot: Int, rest: ArraySlice<FieldPath.Step>)] = []
    }
    private var nodes = [Node()]
    private(set) var paths: [FieldPath] = []

    /// The number of a path, under which its value is found.
    mutating func slot(for path: FieldPath) -> Int {
        if let known = paths.firstIndex(where: { $0.text == path.text }) { return known }
        paths.append(path)
        var place = 0
        var rest = path.steps[...]
        while let step = rest.first {
            if case .select = step { break }
            place = child(of: place, at: step)
            rest = rest.dropFirst()
        }
        nodes[place].wanted.append((paths.count - 1, rest))
        return paths.count - 1
    }

    private mutating func child(of place: Int, at step: FieldPath.Step) -> Int {
        switch step {
        case .key(let key):
            if let known = nodes[place].keys.first(where: { $0.key == key }) { return known.node }
            nodes[place].keys.append((key, nodes.count))
        case .index(let index):
            if let known = nodes[place].indices.first(where: { $0.index == index }) { return known.node }
            nodes[place].indices.append((index, nodes.count))
        case .select: return place
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Reads a document. `values` has a place for each path; those that are not there stay nil.
    func read(_ document: UnsafeRawBufferPointer, into values: inout [Value?]) throws(JSONError) {
        for index in values.indices { values[index] = nil }
        var reader = JSONReader(document)
        try read(try reader.next(), &reader, at: 0, into: &values)
        try reader.end()
    }

    private func read(_ token: JSONToken, _ reader: inout JSONReader, at place: Int, into values: inout [Value?]) throws(JSONError) {
        let node = nodes[place]
        guard node.wanted.isEmpty else {
            let value = try Value(token, &reader)
            for (slot, rest) in node.wanted where values[slot] == nil { values[slot] = value.following(rest) }
            return take(from: value, at: place, into: &values)
        }
        switch token {
        case .beginObject:
            while let key = try reader.nextKey() {
                let wanted = node.keys.first { Self.isSame(key, $0.key) }
                let token = try reader.next()
                if let wanted { try read(token, &reader, at: wanted.node, into: &values) } else { try reader.skipRest(of: token) }
            }
        case .beginArray:
            var index = 0
            while let token = try reader.nextElement() {
                if let wanted = node.indices.first(where: { $0.index == index }) {
                    try read(token, &reader, at: wanted.node, into: &values)
                } else {
                    try reader.skipRest(of: token)
                }
                index += 1
            }
        default: break
        }
    }

    /// Where a whole value and something inside it are both wanted.
    private func take(from value: Value, at place: Int, into values: inout [Value?]) {
        func descend(_ found: Value?, _ node: Int) {
            guard let found else { return }
            for (slot, rest) in nodes[node].wanted where values[slot] == nil { values[slot] = found.following(rest) }
            take(from: found, at: node, into: &values)
        }
        for (key, node) in nodes[place].keys { descend(value.member(key), node) }
        for (index, node) in nodes[place].indices { descend(value.following([.index(index)]), node) }
    }

    private static func isSame(_ text: JSONText, _ key: String) -> Bool {
        guard !text.isEscaped else { return text.string == key }
        return text.raw.count == key.utf8.count && text.raw.elementsEqual(key.utf8)
    }
}
