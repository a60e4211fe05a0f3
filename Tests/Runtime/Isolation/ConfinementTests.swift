import Glibc
import Testing

@testable import Runtime

@Suite("What the kernel refuses a runner")
struct ConfinementTests {
    private static let calls = Confinement.SystemCalls(
        architecture: 0xC000_003E, signals: [62, 234], forbidden: [112, 101], processControl: 157)
    private static let allowed: UInt32 = 0x7FFF_0000
    private static let refused: UInt32 = 0x0005_0000 | UInt32(EPERM)

    /// What the filter of process 4711 says to a call, as the kernel would run it.
    private func verdict(_ number: UInt32, _ first: UInt32 = 0, _ second: UInt32 = 0, architecture: UInt32 = 0xC000_003E) throws -> UInt32 {
        let data: [UInt32: UInt32] = [0: number, 4: architecture, 16: first, 24: second]
        let filter = Confinement.filter(calls: Self.calls, process: 4_711)
        var accumulator: UInt32 = 0, at = 0
        while true {
            let statement = try #require(at < filter.count ? filter[at] : nil, "the filter has no end")
            at += 1
            switch statement.code {
            case 0x20: accumulator = try #require(data[statement.operand])
            case 0x15: at += Int(accumulator == statement.operand ? statement.whenTrue : statement.whenFalse)
            case 0x06: return statement.operand
            default: Issue.record("an unknown statement \(statement.code)")
            }
        }
    }

    @Test("Signals reach the runner itself and its group, nobody else")
    func signals() throws {
        for call: UInt32 in [62, 234] {
            for target: Int32 in [4_711, 0, -4_711] { #expect(try verdict(call, UInt32(bitPattern: target)) == Self.allowed) }
            for target: Int32 in [1, 4_712, -1, -4_712] { #expect(try verdict(call, UInt32(bitPattern: target)) == Self.refused) }
        }
    }

    @Test("It can't leave its group, trace, or outlive its host; everything else is as before")
    func others() throws {
        #expect(try verdict(112) == Self.refused && verdict(101) == Self.refused)
        #expect(try verdict(157, 1, 0) == Self.refused && verdict(157, 1, 9) == Self.allowed && verdict(157, 15) == Self.allowed)
        for call: UInt32 in [0, 1, 56, 57, 59, 231] { #expect(try verdict(call, 1) == Self.allowed) }
        // The numbers of another architecture mean other calls.
        #expect(try verdict(62, 1, architecture: 0x4000_0003) == Self.allowed)
    }
}
