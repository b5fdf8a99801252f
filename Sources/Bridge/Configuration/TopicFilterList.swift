import MQTTClient

/// Topic filters, in the configuration one text with blanks between them.
struct TopicFilterList: Equatable, Sendable {
  var filters: [TopicFilter]

  /// No filter at all.
  static let none = TopicFilterList(filters: [])

  /// Every topic but those that begin with `$`.
  static let all = TopicFilterList(filters: [try? TopicFilter("#")].compactMap(\.self))
}

extension TopicFilterList: SettingValue {
  static var placeholder: String { "FILTERS" }

  init(settingText text: String) throws(SettingError) {
    if text == "none" {
      self = .none
      return
    }
    var filters: [TopicFilter] = []
    for part in text.split(whereSeparator: \.isWhitespace) {
      guard let filter = try? TopicFilter(String(part)), !filter.isShared else {
        throw SettingError(expected: "topic filters with blanks between them, or none")
      }
      filters.append(filter)
    }
    guard !filters.isEmpty else {
      throw SettingError(expected: "topic filters with blanks between them, or none")
    }
    self.init(filters: filters)
  }

  var settingText: String {
    filters.isEmpty ? "none" : filters.map(\.text).joined(separator: " ")
  }
}
