/// The server at which an operator asks.
enum AdminPlace: Hashable, Sendable {
  case adminServer
  /// With the setting `admin_on_public`.
  case publicServer
}
