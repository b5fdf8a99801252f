/// The permissions of a file, as octal digits.
struct FileMode: Equatable, Sendable {
  let bits: UInt32
}

extension FileMode: SettingValue {
  static var placeholder: String { "MODE" }

  init(settingText text: String) throws(SettingError) {
    guard (3...4).contains(text.count), let bits = UInt32(text, radix: 8), bits <= 0o777,
      text.allSatisfy(\.isNumber)
    else { throw SettingError(expected: "permissions as octal digits, such as 0660") }
    self.bits = bits
  }

  var settingText: String { "0" + String(bits, radix: 8) }
}
