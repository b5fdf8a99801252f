/// An instant of the day in milliseconds since 1970, written as RFC 3339 in UTC.
struct Timestamp: Equatable, Sendable {
  let milliseconds: Int64

  init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }
}

extension Timestamp: CustomStringConvertible {
  /// Such as `2026-09-22T10:11:12.345Z`; the years 0 to 9999 are supported.
  var description: String {
    let day = Int64(86_400_000)
    var days = milliseconds / day
    var rest = milliseconds % day
    if rest < 0 {
      days -= 1
      rest += day
    }
    let (year, month, date) = Self.civil(days: days)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    Self.append(year, 4, "-", to: &text)
    Self.append(month, 2, "-", to: &text)
    Self.append(date, 2, "T", to: &text)
    Self.append(rest / 3_600_000, 2, ":", to: &text)
    Self.append(rest / 60_000 % 60, 2, ":", to: &text)
    Self.append(rest / 1000 % 60, 2, ".", to: &text)
    Self.append(rest % 1000, 3, "Z", to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The date so many days after 1970-01-01 in the Gregorian calendar.
  ///
  /// Years are counted from March, so that a leap day is the last day of its year; an era is 400 years.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let sinceMarch = days + 719_468
    let era = (sinceMarch >= 0 ? sinceMarch : sinceMarch - 146_096) / 146_097
    let dayOfEra = sinceMarch - era * 146_097
    let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leapDays) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Writes the last digits of a number, and what follows them.
  private static func append(
    _ number: Int64, _ width: Int, _ end: Unicode.Scalar, to text: inout [UInt8]
  ) {
    var unit: UInt64 = 1
    for _ in 1..<width { unit *= 10 }
    while unit > 0 {
      text.append(UInt8(ascii: "0") + UInt8(number.magnitude / unit % 10))
      unit /= 10
    }
    text.append(UInt8(ascii: end))
  }
}
