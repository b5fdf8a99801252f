import HTTPFront

extension Frame {
  /// A frame of text that is rendered in this form.
  convenience init(_ text: [UInt8], position: Int64 = 0, as form: Representation.Form) {
    switch form {
    case .events, .lines: self.init(text, position: position)
    case .socket, .tunnel: self.init(webSocketFrames: text, position: position)
    }
  }
}
