import MQTTClient

extension BrokerURL: SettingValue {
  static var placeholder: String { "URL" }

  init(settingText text: String) throws(SettingError) {
    do throws(BrokerURLError) {
      self = try Self(text)
    } catch {
      throw SettingError(expected: "a URL such as mqtt://host:1883: \(error)")
    }
    if let name = BrokerItems.refused(in: self) {
      throw SettingError(expected: "a URL without the option '\(name)'")
    }
  }

  /// Without secrets, and without the items that count as settings of their own.
  var settingText: String { text(without: BrokerItems.twinNames) }
}
