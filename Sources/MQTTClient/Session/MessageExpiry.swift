extension Publish {
  /// Takes the time that the message waited off its expiry; false if nothing is left of it.
  ///
  /// A message that must go out all the same, as a repetition, keeps one second.
  mutating func subtractAge(_ age: Duration) -> Bool {
    guard let interval = properties.messageExpiryInterval else { return true }
    let seconds = UInt32(clamping: age.components.seconds)
    let isAlive = seconds < max(interval, 1)
    properties.messageExpiryInterval = isAlive ? interval - min(seconds, interval) : 1
    return isAlive
  }
}
