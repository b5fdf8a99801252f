/// The negotiation of permessage-deflate, as the client offers it and the server answers.
/// [RFC 7692, 7.1]
enum DeflateNegotiation {
  static let name = "permessage-deflate"

  private enum Key {
    static let clientBits = "client_max_window_bits"
    static let serverBits = "server_max_window_bits"
    static let clientNoTakeover = "client_no_context_takeover"
    static let serverNoTakeover = "server_no_context_takeover"
  }

  /// What a client asks for: the parameters that are not the protocol's defaults.
  static func offer(_ wanted: DeflateParameters) -> String {
    var text = name
    if !wanted.serverContextTakeover { text += "; \(Key.serverNoTakeover)" }
    if !wanted.clientContextTakeover { text += "; \(Key.clientNoTakeover)" }
    if wanted.serverWindowBits < 15 { text += "; \(Key.serverBits)=\(wanted.serverWindowBits)" }
    text += "; \(Key.clientBits)"
    return wanted.clientWindowBits < 15 ? text + "=\(wanted.clientWindowBits)" : text
  }

  /// What a server's answer means for the client that made the offer; nil when it may not say that.
  static func accepted(
    _ answer: WebSocketExtension, _ wanted: DeflateParameters
  ) -> DeflateParameters? {
    guard let said = Parameters(answer), !said.hasBareClientBits else { return nil }
    var agreed = wanted
    if let bits = said.clientBits { agreed.clientWindowBits = min(bits, wanted.clientWindowBits) }
    if said.clientNoTakeover { agreed.clientContextTakeover = false }
    agreed.serverWindowBits = said.serverBits ?? 15
    agreed.serverContextTakeover = !said.serverNoTakeover
    guard agreed.serverWindowBits <= wanted.serverWindowBits,
      wanted.serverContextTakeover || said.serverNoTakeover
    else { return nil }
    return agreed
  }

  /// A server's choice among what a client offers: the first that it can keep within `limits`.
  static func answer(
    to offers: [WebSocketExtension], _ limits: DeflateParameters
  ) -> (text: String, agreed: DeflateParameters)? {
    for offer in offers where offer.name.isSameHTTPToken(as: name) {
      guard let asked = Parameters(offer) else { continue }
      let mayLimitClient = asked.clientBits != nil || asked.hasBareClientBits
      guard mayLimitClient || limits.clientWindowBits == 15 else { continue }
      var agreed = DeflateParameters()
      agreed.clientWindowBits = min(asked.clientBits ?? 15, limits.clientWindowBits)
      agreed.serverWindowBits = min(asked.serverBits ?? 15, limits.serverWindowBits)
      agreed.clientContextTakeover = limits.clientContextTakeover && !asked.clientNoTakeover
      agreed.serverContextTakeover = limits.serverContextTakeover && !asked.serverNoTakeover
      var text = name
      if !agreed.serverContextTakeover { text += "; \(Key.serverNoTakeover)" }
      if !agreed.clientContextTakeover { text += "; \(Key.clientNoTakeover)" }
      if asked.serverBits != nil || agreed.serverWindowBits < 15 {
        text += "; \(Key.serverBits)=\(agreed.serverWindowBits)"
      }
      if agreed.clientWindowBits < 15 { text += "; \(Key.clientBits)=\(agreed.clientWindowBits)" }
      return (text, agreed)
    }
    return nil
  }

  /// The parameters of one offer or answer, each valid and there at most once.
  private struct Parameters {
    var clientBits: Int?
    /// The client lets the server choose its window.
    var hasBareClientBits = false
    var serverBits: Int?
    var clientNoTakeover = false
    var serverNoTakeover = false

    init?(_ element: WebSocketExtension) {
      var seen: Set<String> = []
      for parameter in element.parameters {
        guard seen.insert(parameter.name).inserted else { return nil }
        switch (parameter.name, parameter.value) {
        case (Key.clientBits, nil): hasBareClientBits = true
        case (Key.clientBits, let value?): clientBits = Self.bits(value)
        case (Key.serverBits, let value?): serverBits = Self.bits(value)
        case (Key.clientNoTakeover, nil): clientNoTakeover = true
        case (Key.serverNoTakeover, nil): serverNoTakeover = true
        default: return nil
        }
      }
      if seen.contains(Key.clientBits), clientBits == nil, !hasBareClientBits { return nil }
      if seen.contains(Key.serverBits), serverBits == nil { return nil }
    }

    /// 8 to 15 without leading zeros.
    private static func bits(_ text: String) -> Int? {
      guard let bits = Int(text), (8...15).contains(bits), "\(bits)" == text else { return nil }
      return bits
    }
  }
}
