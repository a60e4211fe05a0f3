extension ServiceManifestReader {
    /// `commands`: what the service may command.
    func commands(_ manifest: MappingReader) -> CommandPermissions? {
        guard let node = manifest.node("commands") else { return nil }
        let given = reader(node, name: "commands", keys: ["class", "topics", "devices", "rate", "dry_run", "when_stopped"])
        let words = MappingReader.list(CommandClass.allCases.map(\.rawValue))
        if !given.has("class") { given.missing("class", expected: words) }
        if !given.has("topics") { given.missing("topics", expected: "the command topics that it may publish to") }
        var permissions = CommandPermissions(
            highestClass: given.choice("class") ?? .optimisation, topics: given.filters("topics") ?? [], place: given.place(of: "topics"))
        for (device, line) in given.texts("devices", of: "devices") ?? [] {
            if CommandDevice.isName(device.hasSuffix("*") ? String(device.dropLast()) + "x" : device), !device.dropLast().contains("*") {
                permissions.devices.append(device)
            } else {
                problems.add(
                    ManifestPlace(file: file, line: line),
                    "a device of commands is malformed (expected a name without '/', '+' and '#', or its beginning and '*'; got '\(device.prefix(80))')")
            }
        }
        if let (count, period) = rate(given) { (permissions.rate, permissions.ratePeriod) = (count, period) }
        if let isDryRun = given.boolean("dry_run") { permissions.isDryRun = isDryRun }
        if let whenStopped = given.choice("when_stopped", of: CommandPermissions.WhenStopped.self) { permissions.whenStopped = whenStopped }
        return permissions
    }

    /// `1000/10s`, or `100/s` for `100/1s`.
    private func rate(_ given: MappingReader) -> (count: Int, period: Int64)? {
        guard let text = given.text("rate", expected: "a rate such as 1000/10s") else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let count = Int(parts[0].filter { $0 != "_" }), (1...1_000_000).contains(count) {
            let period = parts[1].first?.isNumber == true ? String(parts[1]) : "1\(parts[1])"
            if let period = Quantities.duration(period), (1_000_000_000...3_600_000_000_000).contains(period) { return (count, period) }
        }
        given.report(
            "rate", "'rate' of commands is malformed (expected a number and the time for them, 1s … 1h, such as 100/s or 1000/10s; got '\(text)')")
        return nil
    }
}

/// Names of devices.
enum CommandDevice {
    /// Whether it is one topic level of 1 … 256 bytes without wildcards and control characters.
    static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") }
    }
}
