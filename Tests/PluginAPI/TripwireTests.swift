import Testing

@Suite("The tripwire of the ABI, scripts/check-abi")
struct TripwireTests {
    /// Runs the script on a copy of today's headers after one change.
    private func outcome(of file: String, _ old: String, _ new: String) throws -> (status: Int32, output: String) {
        try Repository.withTemporaryFolder { folder in
            let headers = "\(folder)/headers"
            _ = try Repository.run(["cp", "-r", "\(Repository.root)/PluginAPI/CPluginAPI", headers])
            let text = try #require(Repository.text("\(headers)/\(file)"))
            try #require(text.contains(old))
            _ = try Repository.run(["sh", "-c", "printf %s \"$1\" > \"$0\"", "\(headers)/\(file)", text.replacing(old, with: new)])
            return try Repository.run(["\(Repository.root)/scripts/check-abi", headers])
        }
    }

    @Test("Today's headers differ from those of 1.0 by additions alone")
    func today() throws {
        let result = try Repository.run(["\(Repository.root)/scripts/check-abi"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test("A member at the end of a struct is let pass")
    func appended() throws {
        let result = try outcome(of: "dsotp/extensions/health.h", "} dsotp_health;", "    uint64_t more;\n} dsotp_health;")
        #expect(result.status == 0 && result.output.contains("1 member"), "\(result.output)")
    }

    @Test(
        "Whatever else changes is caught",
        arguments: [
            ("dsotp/plugin.h", "    uint32_t newest_minor;", "    uint64_t newest_minor;"),
            ("dsotp/plugin.h", "    uint32_t oldest_minor;\n    uint32_t newest_minor;", "    uint32_t newest_minor;\n    uint32_t oldest_minor;"),
            ("dsotp/extensions/databus.h", "    uint8_t reserved[2];", "    uint8_t colour;\n    uint8_t reserved[1];"),
            ("dsotp/extensions/clock.h", "    dsotp_time (*monotonic)(const dsotp_host *host);\n", ""),
            ("dsotp/extensions/timer.h", "uint64_t timer, dsotp_time first", "uint32_t timer, dsotp_time first"),
            ("dsotp/extensions/kv.h", "} dsotp_kv;", "} dsotp_kv_store;"),
        ])
    func caught(file: String, old: String, new: String) throws {
        let result = try outcome(of: file, old, new)
        #expect(result.status == 1 && result.output.contains("append-only") || result.output.contains("nothing of it may be removed"), "\(result.output)")
    }
}
