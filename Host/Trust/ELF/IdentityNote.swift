/// What a library says about itself in its section `.note.dsotp` (`dsotp/note.h`), to be read without loading it.
public struct IdentityNote: Hashable, Sendable {
    /// The ABI it was made for, for example `1.0`.
    public let abi: String
    /// Unique for ever, reverse DNS.
    public let identifier: String
    /// Semantic version.
    public let version: String
    /// One line for a person; may be empty.
    public let summary: String

    static let sectionName = ".note.dsotp"
    private static let owner = Array("dsotp\0".utf8)
    private static let type: UInt32 = 1
    private static let longestDescriptor = 4_096

    /// - Throws: ``TrustError`` if a text is empty where it must not be, or has a line feed or NUL.
    public init(abi: String = "1.0", identifier: String, version: String, summary: String) throws(TrustError) {
        for (key, text) in [("identifier", identifier), ("version", version), ("summary", summary), ("abi", abi)] {
            guard !text.utf8.contains(where: { $0 < 0x20 }), text.utf8.count <= 1_024, key == "summary" || !text.isEmpty else {
                throw .format(
                    "the \(key) of an identity note is malformed (expected 1 … 1024 bytes without control characters; got "
                        + "\(text.utf8.count) bytes; correct it)")
            }
        }
        self.abi = abi
        self.identifier = identifier
        self.version = version
        self.summary = summary
    }

    /// The note of a library, or nil if it has none.
    init?(in file: BoundedBytes, sections: [ELFSection]) throws(TrustError) {
        let found = sections.filter { $0.name == Self.sectionName }
        guard let section = found.first else { return nil }
        guard found.count == 1 else { throw file.damaged("it has \(found.count) sections \(Self.sectionName), expected one") }
        try self.init(descriptor: try Self.descriptor(in: section.range, of: file), file: file)
    }

    private static func descriptor(in range: Range<Int>, of file: BoundedBytes) throws(TrustError) -> ArraySlice<UInt8> {
        let malformed = "its identity note is malformed, see dsotp/note.h"
        guard range.count >= 20 else { throw file.damaged(malformed) }
        let start = UInt64(range.lowerBound)
        let nameSize: UInt32 = try file.number(at: start, "the identity note")
        let size: UInt32 = try file.number(at: start + 4, "the identity note")
        let type: UInt32 = try file.number(at: start + 8, "the identity note")
        let name = file.bytes[(range.lowerBound + 12)..<(range.lowerBound + 18)]
        guard nameSize == 6, name.elementsEqual(owner), size > 0, size <= longestDescriptor, Int(size) <= range.count - 20 else {
            throw file.damaged(malformed)
        }
        guard type == Self.type else {
            throw .format(
                "\(file.name) has an identity note of form \(type) (expected form \(Self.type); use a newer dsotp, or build it with older headers)")
        }
        // Two notes would be two answers to one question.
        guard file.bytes[(range.lowerBound + 20 + Int(size))..<range.upperBound].allSatisfy({ $0 == 0 }) else {
            throw file.damaged("its section \(sectionName) holds more than one note")
        }
        return file.bytes[(range.lowerBound + 20)..<(range.lowerBound + 20 + Int(size))]
    }

    private init(descriptor: ArraySlice<UInt8>, file: BoundedBytes) throws(TrustError) {
        guard descriptor.last == 0, let text = String(validating: descriptor.dropLast(), as: UTF8.self), text.hasSuffix("\n") else {
            throw file.damaged("its identity note is not lines of UTF-8 ended by NUL")
        }
        var values: [String: String] = [:]
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let sign = line.firstIndex(of: UInt8(ascii: "=")) else { throw file.damaged("a line of its identity note has no '='") }
            let key = String(Substring(line[..<sign]))
            guard values.updateValue(String(Substring(line[line.index(after: sign)...])), forKey: key) == nil else {
                throw file.damaged("its identity note says '\(key)' twice")
            }
        }
        func value(_ key: String) throws(TrustError) -> String {
            guard let value = values[key] else { throw file.damaged("its identity note lacks '\(key)'") }
            return value
        }
        try self.init(
            abi: try value("abi"), identifier: try value("identifier"), version: try value("version"), summary: try value("summary"))
    }

    /// The bytes of the section: header, owner, descriptor, and zeroes up to a multiple of four.
    public var section: [UInt8] {
        let text = "abi=\(abi)\nidentifier=\(identifier)\nversion=\(version)\nsummary=\(summary)\n\0"
        var bytes: [UInt8] = []
        for number in [6, UInt32(text.utf8.count), Self.type] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
        bytes += Self.owner + [0, 0] + Array(text.utf8)
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    /// A Swift source file that puts the note into a library.
    ///
    /// Swift has no constant texts yet that could be placed into a section, so the words are written out and the file is made by
    /// `dsotp plugin note`. They are words rather than bytes for the alignment that ELF asks of a note.
    public var swiftSource: String {
        let bytes = section
        let words = stride(from: 0, to: bytes.count, by: 4).map { start in
            "0x" + bytes[start..<(start + 4)].reversed().map { Hexadecimal.text([$0]).uppercased() }.joined()
        }
        let lines = stride(from: 0, to: words.count, by: 8).map { start in
            "    " + words[start..<min(start + 8, words.count)].joined(separator: ", ") + ","
        }
        return """
            // Made by `dsotp plugin note`; make it anew when one of these changes:
            // identifier \(identifier)
            // version    \(version)
            // summary    \(summary)

            /// The identity note (`dsotp/note.h`): what this library says about itself without being loaded.
            @section(".note.dsotp") @used
            private let identityNote: InlineArray<\(words.count), UInt32> = [
            \(lines.joined(separator: "\n"))
            ]

            """
    }
}
