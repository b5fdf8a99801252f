/// Durations in settings: whole seconds, or a whole number with ms, s, m, h or d.
extension Duration: SettingValue {
  static var placeholder: String { "TIME" }

  private static let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)]

  init(settingText text: String) throws(SettingError) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text[digits.endIndex...]
    let all = Self.units + [("ms", 1), ("", 1_000)]
    guard let number = Int64(digits), let scale = all.first(where: { $0.0 == unit })?.1,
      case (let milliseconds, false) = number.multipliedReportingOverflow(by: Int64(scale))
    else {
      throw SettingError(expected: "a number of seconds, or one with ms, s, m, h or d")
    }
    self = .milliseconds(milliseconds)
  }

  /// The number with the largest unit that leaves it whole, as in `7d`.
  var settingText: String {
    let milliseconds = wholeMilliseconds
    for (name, scale) in Self.units where milliseconds > 0 && milliseconds % Int64(scale) == 0 {
      return "\(milliseconds / Int64(scale))\(name)"
    }
    return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
  }

  private var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
