/// How the end of a callback or a call crosses: `i32` status, `u32` retryable, text.
extension FrameWriter {
    func append(outcome fault: ServiceFault?) {
        append(fault?.status ?? 0)
        append(UInt32(fault?.isRetryable == true ? 1 : 0))
        append(fault?.sentence ?? "")
    }
}

extension FrameReader {
    /// The fault that the other side reports, or `nil` for success.
    mutating func outcome() throws(MalformedFrame) -> ServiceFault? {
        let status = try number(Int32.self)
        let isRetryable = try number(UInt32.self) == 1
        let sentence = try text()
        return status == 0 ? nil : ServiceFault(status: status, isRetryable: isRetryable, sentence: sentence)
    }
}
