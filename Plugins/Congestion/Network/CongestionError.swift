/// Why a grid, a forecast, a request or an offer can't be worked with at all. Congestion is no error but a result.
public struct CongestionError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: Hashable, Sendable { case invalidGrid, invalidForecast, invalidRequest, invalidOffer, unknownPlace, solver }

    let code: Code
    /// One sentence.
    public let description: String

    static func invalidGrid(_ reason: String) -> CongestionError {
        CongestionError(code: .invalidGrid, description: "the grid can't be examined: \(reason)")
    }

    static func invalidForecast(_ reason: String) -> CongestionError {
        CongestionError(code: .invalidForecast, description: "the forecast does not fit: \(reason)")
    }

    static func invalidRequest(_ reason: String) -> CongestionError {
        CongestionError(code: .invalidRequest, description: "the request can't be checked: \(reason)")
    }

    static func invalidOffer(_ id: String, _ reason: String) -> CongestionError {
        CongestionError(code: .invalidOffer, description: "the offer '\(id)' can't be used: \(reason)")
    }

    static func unknownPlace(_ mRID: String) -> CongestionError {
        CongestionError(
            code: .unknownPlace,
            description: "'\(mRID)' is no node and no equipment that is connected in the network: give the mRID of a node, load, generator or transformer")
    }

    static func solver(_ reason: String) -> CongestionError { CongestionError(code: .solver, description: reason) }
}
