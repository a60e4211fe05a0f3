/// The packet types of MQTT 3.1.1, section 2.2.1, by their number on the wire.
enum PacketType: UInt8, Sendable {
    case connect = 1
    case connack
    case publish
    case puback
    case pubrec
    case pubrel
    case pubcomp
    case subscribe
    case suback
    case unsubscribe
    case unsuback
    case pingreq
    case pingresp
    case disconnect

    /// The flags that section 2.2.2 demands, nil where they carry meaning (PUBLISH).
    var fixedFlags: UInt8? {
        switch self {
        case .publish: nil
        case .pubrel, .subscribe, .unsubscribe: 0b0010
        default: 0
        }
    }
}
