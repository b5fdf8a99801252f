import JSONText
import MQTTClient

extension GrantObject {
  /// Reads the claim `mqtt`.
  ///
  /// A name that is not known is refused: a misspelt `deny` must not be lost.
  init(_ node: ClaimNode) throws(ClaimError) {
    self.init()
    for (name, node) in try node.members() {
      switch name {
      case "publish": publish = try Self.texts(node)
      case "subscribe": subscribe = try Self.texts(node)
      case "deny": deny = try Self.texts(node)
      case "max_qos":
        maximumQoS = QoS(rawValue: UInt8(try node.number(0...2))) ?? .atMostOnce
      case "retain": retain = try node.bool()
      case "request": request = try node.bool()
      case "history": history = try node.bool()
      case "admin": admin = try node.bool()
      case "max_connections": maximumConnections = try node.number(0...1_000_000)
      case "rate":
        guard let rate = Rate(try node.string()) else { throw node.error("not a rate like 50/s") }
        self.rate = rate
      default:
        guard name.utf8.starts(with: "x_".utf8) else { throw node.error("not known") }
      }
    }
  }

  private static func texts(_ node: ClaimNode) throws(ClaimError) -> [String] {
    try node.strings(atMost: filtersMaximum).map(\.text)
  }
}
