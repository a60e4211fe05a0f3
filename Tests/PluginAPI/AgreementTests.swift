import CPluginAPI
import Testing

@testable import PluginAPI

@Suite("A library and a host of different minors")
struct AgreementTests {
    private func minor(own: UInt32, oldest: UInt32, host: ClosedRange<UInt32>, major: UInt32 = 1) throws(ServiceError) -> UInt32 {
        var abi = dsotp_host_abi()
        abi.size = UInt32(MemoryLayout<dsotp_host_abi>.size)
        abi.major = major
        abi.oldest_minor = host.lowerBound
        abi.newest_minor = host.upperBound
        return try Agreement(with: &abi, own: own, oldestMinor: oldest).minor
    }

    @Test(
        "They speak the newest minor that both know",
        arguments: [
            (UInt32(0), UInt32(0), UInt32(0)...0, UInt32(0)), (0, 0, 0...3, 0), (3, 0, 0...1, 1), (3, 1, 0...1, 1), (2, 2, 0...2, 2), (2, 0, 1...9, 2),
        ] as [(UInt32, UInt32, ClosedRange<UInt32>, UInt32)])
    func agree(own: UInt32, oldest: UInt32, host: ClosedRange<UInt32>, expected: UInt32) throws {
        #expect(try minor(own: own, oldest: oldest, host: host) == expected)
    }

    @Test("A library that can't do with the host's minor says which it needs, and what to do")
    func insisting() throws {
        let needs = try #require(throws: ServiceError.self) { try minor(own: 3, oldest: 2, host: 0...1) }
        #expect(needs.status == .versionMismatch)
        #expect(needs.sentence.contains("made for the dsotp ABI 1.2 to 1.3") && needs.sentence.contains("serves 1.0 to 1.1: use a newer host"))
        let old = try #require(throws: ServiceError.self) { try minor(own: 1, oldest: 0, host: 2...4) }
        #expect(old.sentence.contains("serves 1.2 to 1.4: build the library with the host's headers"))
        #expect(throws: ServiceError.self) { try minor(own: 1, oldest: 0, host: 0...4, major: 2) }
    }

    @Test("C and Swift keep the same rule", arguments: [0...0, 0...1, 0...5, 1...5] as [ClosedRange<UInt32>])
    func sameInC(host: ClosedRange<UInt32>) {
        for major in [UInt32(0), 1, 2] {
            for oldest in UInt32(0)...2 {
                var abi = dsotp_host_abi()
                abi.size = UInt32(MemoryLayout<dsotp_host_abi>.size)
                abi.major = major
                abi.oldest_minor = host.lowerBound
                abi.newest_minor = host.upperBound
                var agreed: UInt32 = .max
                let inC = dsotp_agree(&abi, oldest, &agreed) == 1 ? agreed : nil
                #expect(inC == (try? Agreement(with: &abi, oldestMinor: oldest).minor))
            }
        }
    }

    @Test("The sizes that a host's structs must have at least are those of the golden layout")
    func sizes() throws {
        let golden = try #require(Repository.text("\(Repository.root)/Tests/Data/abi/layout-1.0.txt"))
        for (name, size) in [
            ("host", FirstSizes.host), ("configuration", FirstSizes.configuration), ("message", FirstSizes.message),
            ("message_batch", FirstSizes.messageBatch), ("request", FirstSizes.request), ("publication", FirstSizes.publication),
            ("module", FirstSizes.module), ("service", FirstSizes.service),
        ] { #expect(golden.contains("dsotp_\(name) size \(size) align"), "dsotp_\(name)") }
    }

    @Test("Of a struct that ends early only what is there is read")
    func partial() {
        let full = dsotp_error(
            size: 12, status: -3, retryable: 1, reserved: 7, sentence: dsotp_owned_bytes(data: nil, count: 9, release: nil, owner: nil),
            detail: dsotp_owned_bytes(data: nil, count: 9, release: nil, owner: nil))
        let copy = withUnsafePointer(to: full) { partialCopy($0, size: 12) }
        #expect(copy.status == -3 && copy.retryable == 1 && copy.reserved == 0 && copy.sentence.count == 0 && copy.detail.count == 0)
        #expect(withUnsafePointer(to: full) { partialCopy($0, size: 4_000) }.detail.count == 9)
    }
}
