import FoundationEssentials

/// A time of day as RFC 3339 writes it, in UTC with milliseconds.
enum Timestamp {
  private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  static func text(milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(format)
  }
}
