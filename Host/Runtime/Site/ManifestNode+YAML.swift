import Yams

extension ManifestNode {
    /// A document with more nodes is refused: aliases can make a short text unfold without end.
    static let maximumNodes = 200_000

    /// Parses one YAML document; `nil` with a problem in `problems` if it is not well-formed. An empty document is an empty mapping.
    package static func parse(yaml text: String, file: String, problems: ProblemList) -> ManifestNode? {
        do {
            // The basic resolver leaves scalars as they are written: which are numbers is decided by what a key expects.
            guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                return ManifestNode(line: 1, content: .mapping([]))
            }
            var converter = Converter(file: file)
            return try converter.convert(root, depth: 0)
        } catch let refusal as Refusal {
            problems.add(ManifestPlace(file: file, line: refusal.line), refusal.sentence)
        } catch let error as YamlError {
            let (line, sentence) = describe(error)
            problems.add(ManifestPlace(file: file, line: line), sentence)
        } catch {
            problems.add(ManifestPlace(file: file, line: 0), "the YAML can't be read: \(error)")
        }
        return nil
    }

    private struct Refusal: Error {
        let line: Int
        let sentence: String
    }

    private struct Converter {
        let file: String
        var nodes = 0

        mutating func convert(_ node: Node, depth: Int) throws -> ManifestNode {
            let line = node.mark?.line ?? 0
            nodes += 1
            guard nodes <= ManifestNode.maximumNodes, depth <= 64 else {
                throw Refusal(line: line, sentence: "the document is too large: expected at most 200000 values, nested at most 64 deep")
            }
            switch node {
            case .scalar(let scalar):
                return ManifestNode(line: line, content: .scalar(scalar.string, isPlain: scalar.style == .plain))
            case .sequence(let sequence):
                var items: [ManifestNode] = []
                for item in sequence { items.append(try convert(item, depth: depth + 1)) }
                return ManifestNode(line: line, content: .list(items))
            case .mapping(let mapping):
                var entries: [ManifestEntry] = []
                for (key, value) in mapping {
                    let keyLine = key.mark?.line ?? line
                    guard case .scalar(let name) = key else {
                        throw Refusal(line: keyLine, sentence: "a key is a list or a mapping: expected a word")
                    }
                    entries.append(
                        ManifestEntry(key: name.string, line: keyLine, value: try convert(value, depth: depth + 1)))
                }
                return ManifestNode(line: line, content: .mapping(entries))
            case .alias:
                throw Refusal(line: line, sentence: "an alias (*name) points nowhere: give the anchor (&name) before it is used")
            }
        }
    }

    private static func describe(_ error: YamlError) -> (line: Int, sentence: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            (mark.line, "the YAML is malformed: \(problem) (column \(mark.column))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            (
                context.mark.line,
                "the key \(duplicates.map { "'\($0)'" }.joined(separator: ", ")) is given twice in one mapping: remove one of the two"
            )
        case .reader(let problem, _, _, _):
            (0, "the YAML can't be read: \(problem); expected UTF-8 text")
        default:
            (0, "the YAML can't be read: \(error)")
        }
    }
}
