import HTTPFront

/// What the `Prefer` headers of a request ask for. [RFC 7240]
struct Preferences {
  private static let waitMaximum = 3600

  private(set) var respondAsync = false
  private(set) var wait: Duration?

  init(_ headers: HeaderFields) {
    for preference in headers.list("Prefer") {
      let name = preference.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
      if name == "respond-async" {
        respondAsync = true
      } else if name.hasPrefix("wait="), wait == nil, let seconds = Int(name.dropFirst(5)),
        (0...Self.waitMaximum).contains(seconds)
      {
        wait = .seconds(seconds)
      }
    }
  }

  /// The value of `Preference-Applied`; nil when none of the preferences made a difference.
  func applied(_ acknowledgement: AckLevel, wasExplicit: Bool) -> String? {
    switch acknowledgement {
    case .stored: respondAsync && !wasExplicit ? "respond-async" : nil
    case .broker: wait.map { "wait=\($0.components.seconds)" }
    case .none: nil
    }
  }
}
