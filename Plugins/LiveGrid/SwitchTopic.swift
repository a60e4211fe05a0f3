public import PluginAPI

/// Topics of switches or other devices: a filter with one `+`, which stands for the device's mRID.
public struct SwitchTopic: Sendable {
    private let levels: [String]
    private let place: Int

    /// - Throws: ``Status/invalidConfiguration`` where the text has not exactly one `+`.
    /// - Parameter device: what the topics are of, for the sentence that refuses the text.
    public init(_ text: String, at path: String, of device: String = "switch") throws(ServiceError) {
        levels = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let place = levels.firstIndex(of: "+"), levels.filter({ $0 == "+" }).count == 1, !text.contains("#") else {
            throw .invalidConfiguration("\(path) is '\(text)', expected a topic with one '+' for the \(device), for example \(device == "switch" ? "switches" : "\(device)s")/+")
        }
        self.place = place
    }

    /// The mRID of the device that a topic is about; nil if it is none of these topics.
    public func mRID(of topic: UnsafeRawBufferPointer) -> String? {
        let given = topic.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard given.count == levels.count else { return nil }
        for (index, level) in given.enumerated() where index != place {
            guard level.elementsEqual(levels[index].utf8) else { return nil }
        }
        return String(decoding: given[place], as: UTF8.self)
    }

    /// The topic of one device.
    public func topic(of mRID: String) -> String {
        var levels = levels
        levels[place] = mRID
        return levels.joined(separator: "/")
    }
}
