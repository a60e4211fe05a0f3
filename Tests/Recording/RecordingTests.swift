import Foundation
import Testing

@testable import Recording

@Suite("Recordings")
struct RecordingTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "dsotp-recording-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func withRecording(_ messages: [RecordedMessage], _ body: (String) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/r.rec"
        let writer = try RecordingWriter(create: path, began: 1_700_000_000_000_000_000)
        for message in messages { try writer.append(message) }
        try writer.close()
        try body(path)
    }

    private func read(_ path: String) throws -> (messages: [RecordedMessage], reader: RecordingReader) {
        let reader = try RecordingReader(path)
        var messages: [RecordedMessage] = []
        while let block = try reader.next() { messages += block }
        return (messages, reader)
    }

    /// Traffic of many topics, sizes and gaps, the same each time.
    private static let traffic: [RecordedMessage] = {
        var generator: UInt64 = 7
        func random(_ limit: UInt64) -> UInt64 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (generator >> 33) % limit
        }
        var time: Int64 = 0
        return (0..<3_000).map { index in
            time += index % 3 == 0 ? 0 : Int64(random(40_000_000))
            return RecordedMessage(
                time: time, topic: "/pmu/\(random(50))", payload: (0..<random(200)).map { _ in UInt8(random(256)) }, qos: UInt8(random(3)),
                isRetained: random(10) == 0)
        }
    }()

    @Test("What was written is read, across blocks, to the byte and the nanosecond")
    func roundTrip() throws {
        let odd = [
            RecordedMessage(time: 0, topic: "", payload: []), RecordedMessage(time: 0, topic: "ä/ö", payload: [0, 255], qos: 2, isRetained: true),
            RecordedMessage(time: 1 << 60, topic: "x", payload: [UInt8](repeating: 9, count: 300_000), qos: 1),
        ]
        try withRecording(Self.traffic) { path in
            let (messages, reader) = try read(path)
            #expect(messages == Self.traffic)
            #expect(reader.began == 1_700_000_000_000_000_000 && reader.tornBytes == 0)
            #expect(reader.wholeBytes == (try Data(contentsOf: URL(filePath: path))).count)
            let more = try RecordingWriter(appendingTo: path)
            #expect(more.lastTime == Self.traffic.last?.time)
            for message in odd.dropFirst(2) { try more.append(message) }
            try more.close()
            #expect(try read(path).messages == Self.traffic + odd.dropFirst(2))
            let other = try RecordingWriter(create: folder + "/odd.rec", began: -1)
            for message in odd { try other.append(message) }
            try other.close()
            #expect(try read(folder + "/odd.rec").messages == odd)
        }
    }

    @Test("Cut off at any byte, all whole blocks are read, the rest is told, and a recorder goes on from there")
    func torn() throws {
        try withRecording(Array(Self.traffic.prefix(1_200))) { path in
            let bytes = try Data(contentsOf: URL(filePath: path))
            var known = 0
            for length in stride(from: 32, through: bytes.count, by: 1_009) {
                let cut = folder + "/cut.rec"
                try bytes.prefix(length).write(to: URL(filePath: cut))
                let (messages, reader) = try read(cut)
                #expect(messages == Array(Self.traffic.prefix(messages.count)) && messages.count >= known)
                #expect(reader.wholeBytes + reader.tornBytes == length)
                known = messages.count
                let writer = try RecordingWriter(appendingTo: cut)
                try writer.append(RecordedMessage(time: 1 << 50, topic: "after", payload: []))
                try writer.close()
                let after = try read(cut)
                #expect(after.messages.count == messages.count + 1 && after.reader.tornBytes == 0)
            }
            #expect(known > 0)
            try (bytes + Data(count: 5_000)).write(to: URL(filePath: folder + "/zeros.rec"))
            let zeros = try read(folder + "/zeros.rec")
            #expect(zeros.messages.count == 1_200 && zeros.reader.tornBytes == 5_000)
        }
    }

    @Test("A flipped bit is never read as traffic: before the end it is named, at the end it counts as torn")
    func damage() throws {
        try withRecording(Array(Self.traffic.prefix(1_200))) { path in
            let bytes = try Data(contentsOf: URL(filePath: path))
            for place in stride(from: 0, to: bytes.count, by: 613) {
                var changed = bytes
                changed[place] ^= 1 << UInt8(place % 8)
                try changed.write(to: URL(filePath: folder + "/bad.rec"))
                do {
                    let (messages, reader) = try read(folder + "/bad.rec")
                    #expect(reader.tornBytes > 0 && messages == Array(Self.traffic.prefix(messages.count)), "at byte \(place)")
                } catch let error as RecordingError {
                    #expect(error.description.contains("damaged at byte") || place < 32, "\(error)")
                }
            }
        }
    }

    @Test("What is no recording, of a later version, there already or out of order is refused with a sentence")
    func refusals() throws {
        try withRecording([]) { path in
            #expect(try read(path).messages.isEmpty)
            #expect { try RecordingWriter(create: path, began: 0) } throws: { "\($0)".contains("can't be made: File exists") }
            var bytes = RecordingHeader(began: 0).bytes
            bytes[8] = 9
            try Data(bytes).write(to: URL(filePath: folder + "/later.rec"))
            #expect { try RecordingReader(folder + "/later.rec") } throws: { "\($0)".contains("of version 9 (expected at most 1; use a newer dsotp)") }
            try Data("a text that is long enough for a header".utf8).write(to: URL(filePath: folder + "/text"))
            #expect { try RecordingReader(folder + "/text") } throws: { "\($0)".contains("is not a recording") }
            #expect { try RecordingReader(folder + "/none") } throws: { "\($0)".contains("No such file") }
            let writer = try RecordingWriter(appendingTo: path)
            try writer.append(RecordedMessage(time: 10, topic: "a", payload: []))
            #expect { try writer.append(RecordedMessage(time: 9, topic: "a", payload: [])) } throws: { "\($0)".contains("never go back") }
        }
    }

    @Test("The checksum is that of zlib")
    func checksum() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.checksum(Array("6789".utf8), after: CRC32.checksum(Array("12345".utf8))) == 0xCBF4_3926)
    }
}
