import HTTPFront
import Logging
import MQTTClient

/// A setting with a few named values.
protocol SettingChoice: SettingValue, CaseIterable, Equatable {
  /// The word for this value.
  var word: String { get }
}

extension SettingChoice {
  static var placeholder: String { allCases.map(\.word).joined(separator: "|") }

  init(settingText text: String) throws(SettingError) {
    guard let value = Self.allCases.first(where: { $0.word == text }) else {
      throw SettingError(expected: "one of " + Self.allCasesText)
    }
    self = value
  }

  private static var allCasesText: String { allCases.map(\.word).joined(separator: ", ") }

  var settingText: String { word }
}

extension PublishingConfiguration.Properties: SettingChoice {
  var word: String { rawValue }
}

extension PublishingConfiguration.Uncertain: SettingChoice {
  var word: String { rawValue }
}

extension TLSIdentity.ClientCertificates: SettingChoice {
  var word: String { rawValue }
}

extension LogConfiguration.Format: SettingChoice {
  var word: String { rawValue }
}

extension Logger.Level: SettingChoice {
  var word: String { rawValue }
}

extension QoS: SettingChoice {
  static var allCases: [QoS] { [.atMostOnce, .atLeastOnce, .exactlyOnce] }
  var word: String { String(rawValue) }
}

extension ProtocolVersion: SettingChoice {
  static var allCases: [ProtocolVersion] { [.v5, .v311] }

  var word: String {
    switch self {
    case .v5: "5"
    case .v311: "3.1.1"
    }
  }
}
