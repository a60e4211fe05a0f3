import CPluginAPI
import PluginAPI
import PluginTestKit
import Testing

@Suite("Negotiation")
struct EntryTests {
    @Test("a host of the same major whose minors include ours gets the module") func accepted() throws {
        for minors in [0...0, 0...7] as [ClosedRange<UInt32>] {
            let module = try Probe.library.module(minors: minors).pointee
            #expect(module.abi_major == 1 && module.abi_minor == 0)
            #expect(String(decoding: module.identifier.buffer, as: UTF8.self) == "org.example.probe")
            #expect(String(decoding: module.version.buffer, as: UTF8.self) == "1.2.3")
            #expect(String(decoding: module.summary.buffer, as: UTF8.self) == "A probe.")
            #expect(Int(module.size) == MemoryLayout<dsotp_module>.size)
        }
    }

    @Test(
        "another host is refused with what was expected and what it serves",
        arguments: [
            (UInt32(2), UInt32(0), UInt32(3), "2.0 to 2.3"), (1, 1, 4, "1.1 to 1.4"), (0, 0, 9, "0.0 to 0.9"),
        ])
    func refused(major: UInt32, oldest: UInt32, newest: UInt32, range: String) throws {
        let error = try #require(throws: ServiceError.self) {
            _ = try Probe.library.module(major: major, minors: oldest...newest, hostName: "host-x")
        }
        #expect(error.status == .versionMismatch)
        #expect(error.sentence.contains("1.0") && error.sentence.contains(range) && error.sentence.contains("host-x"))
    }

    @Test("a description of a host that is cut off is refused, not read beyond its end") func cutOff() {
        var refusal = dsotp_error()
        refusal.size = UInt32(MemoryLayout<dsotp_error>.size)
        withUnsafeMutablePointer(to: &refusal) { refusal in
            var host = dsotp_host_abi()
            host.size = 8
            host.major = 1
            host.refusal = refusal
            #expect(Probe.library.entry(&host) == nil)
        }
        #expect(refusal.status == 0, "a refusal that `size` does not cover is left alone")
        #expect(Probe.library.entry(nil) == nil)
    }

    @Test("asking twice gives the same module") func repeatable() throws {
        #expect(try Probe.library.module() == Probe.library.module())
    }
}
