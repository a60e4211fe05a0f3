package import CPluginAPI

extension ServiceError {
    /// Calls a function of the other side and throws what it reports. The texts of its error are taken over and released.
    package static func check(
        _ call: (UnsafeMutablePointer<dsotp_error>) -> dsotp_status
    ) throws(ServiceError) {
        var error = dsotp_error()
        error.size = UInt32(MemoryLayout<dsotp_error>.size)
        let status = call(&error)
        guard status != dsotp_status(DSOTP_OK) else { return }
        throw ServiceError(taking: &error, status: status)
    }

    /// Makes an error of what the other side filled in, and releases its texts.
    package init(taking error: inout dsotp_error, status: dsotp_status) {
        self.init(
            Status(rawValue: status), error.sentence.take(), isRetryable: error.retryable == 1, detail: error.detail.take())
    }

    /// Fills the caller's error, as far as its `size` goes, with texts that the caller will release; returns the status.
    package func fill(_ error: UnsafeMutablePointer<dsotp_error>?) -> dsotp_status {
        let status = self.status == .ok ? Status.internal : self.status
        guard let error else { return status.rawValue }
        if covers(error.pointee.size, \dsotp_error.status) { error.pointee.status = status.rawValue }
        if covers(error.pointee.size, \dsotp_error.retryable) { error.pointee.retryable = isRetryable ? 1 : 0 }
        if covers(error.pointee.size, \dsotp_error.sentence) { error.pointee.sentence = dsotp_owned_bytes(owning: sentence) }
        if covers(error.pointee.size, \dsotp_error.detail) { error.pointee.detail = dsotp_owned_bytes(owning: detail) }
        return status.rawValue
    }
}

/// Runs a callback's work and turns what it throws into a status with a filled error: nothing is thrown across the ABI.
package func outcome(_ filled: UnsafeMutablePointer<dsotp_error>?, _ work: () throws -> Void) -> dsotp_status {
    do {
        try work()
        return dsotp_status(DSOTP_OK)
    } catch {
        let failure = error as? ServiceError ?? .internal(String(describing: error))
        return failure.fill(filled)
    }
}
