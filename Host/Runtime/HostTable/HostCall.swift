internal import CPluginAPI

/// What every function of the host's tables does first and last.
enum HostCall {
    static func context(of host: UnsafePointer<dsotp_host>?) -> ServiceContext? {
        guard let opaque = host?.pointee.context else { return nil }
        return Unmanaged<ServiceContext>.fromOpaque(opaque).takeUnretainedValue()
    }

    /// Finds the context of a call, checks that the instance may call now and from here, runs `body` and turns what it throws into the
    /// call's status and error.
    static func run(
        _ host: UnsafePointer<dsotp_host>?, _ output: UnsafeMutablePointer<dsotp_error>?, serviceThreadOnly: Bool = false,
        checkingAllowed: Bool = false, _ body: (ServiceContext) throws(ServiceFault) -> Void
    ) -> dsotp_status {
        guard let context = context(of: host) else { return dsotp_status(DSOTP_INVALID_ARGUMENT) }
        do throws(ServiceFault) {
            try context.require(checkingAllowed: checkingAllowed)
            if serviceThreadOnly, !context.isOnServiceThread {
                throw ServiceFault(
                    status: dsotp_status(DSOTP_WRONG_THREAD), sentence: "the call came from another thread than the service's own")
            }
            try body(context)
            return dsotp_status(DSOTP_OK)
        } catch {
            fill(output, with: error)
            return error.status
        }
    }

    /// Fills the members of an error that its size covers; the texts become the caller's.
    static func fill(_ output: UnsafeMutablePointer<dsotp_error>?, with fault: ServiceFault) {
        guard let output else { return }
        let size = Int(output.pointee.size)
        if size >= 8 { output.pointee.status = fault.status }
        if size >= 12 { output.pointee.retryable = fault.isRetryable ? 1 : 0 }
        if size >= 48 { output.pointee.sentence = dsotp_owned_bytes(copying: fault.sentence) }
        if size >= MinimumSize.error { output.pointee.detail = dsotp_owned_bytes() }
    }

    /// Refuses a struct of a plugin that is smaller than ABI 1.0 has it.
    static func require(size: UInt32, atLeast minimum: Int, _ name: String) throws(ServiceFault) {
        guard Int(size) >= minimum else {
            throw .invalid("\(name) is truncated (expected a size of at least \(minimum) bytes; got \(size); set size to sizeof)")
        }
    }

    /// The text that a plugin lends.
    static func text(_ bytes: dsotp_plugin_bytes, _ name: String, _ length: ClosedRange<UInt64>) throws(ServiceFault) -> String {
        guard length.contains(bytes.count) else {
            throw .invalid("\(name) has a wrong length (expected \(length.lowerBound) … \(length.upperBound) bytes; got \(bytes.count))")
        }
        guard let text = String(copying: bytes) else {
            throw .invalid("\(name) is not well-formed (expected UTF-8; got NULL or other bytes)")
        }
        return text
    }

    /// The pairs that a plugin lends.
    static func pairs(
        _ pairs: UnsafePointer<dsotp_plugin_pair>?, count: UInt64, _ name: String
    ) throws(ServiceFault) -> [(name: String, value: String)] {
        guard count <= 256, pairs != nil || count == 0 else {
            throw .invalid("\(name) is malformed (expected at most 256 pairs and a pointer to them; got \(count))")
        }
        var result: [(name: String, value: String)] = []
        guard let pairs else { return result }
        for index in 0..<Int(count) {
            result.append(
                (
                    try text(pairs[index].name, "a name of \(name)", 1...1_024),
                    try text(pairs[index].value, "a value of \(name)", 0...65_536)
                ))
        }
        return result
    }
}
