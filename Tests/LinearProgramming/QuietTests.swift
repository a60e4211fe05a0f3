import Glibc
import LinearProgramming
import Testing

@Suite("The solvers keep quiet", .serialized)
struct QuietTests {
    @Test("nothing goes to standard output, and SIGINT keeps its handler") func quiet() throws {
        var before = sigaction()
        sigaction(SIGINT, nil, &before)
        let written = try Self.writtenToOutput {
            _ = try LinearProgramTests.textbook().program.solve()
            _ = try Staircase(stages: 60, integerStages: 6).program.solve(limits: SolveLimits(seconds: 10, gap: 1e-6))
        }
        #expect(written == 0)
        var after = sigaction()
        sigaction(SIGINT, nil, &after)
        #expect(unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(after.__sigaction_handler.sa_handler, to: Int.self))
    }

    /// How many bytes reach standard output while the body runs, seen through a file in its place.
    private static func writtenToOutput(_ body: () throws -> Void) throws -> Int {
        var name = Array("/tmp/dsotp-quiet-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        try #require(file >= 0)
        unlink(name)
        fflush(nil)
        let kept = dup(1)
        dup2(file, 1)
        defer {
            fflush(nil)
            dup2(kept, 1)
            close(kept)
            close(file)
        }
        try body()
        fflush(nil)
        return Int(lseek(file, 0, SEEK_END))
    }
}
