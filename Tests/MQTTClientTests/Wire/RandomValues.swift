import MQTTClient
import TestSupport

/// The values that packets are made of.
extension RandomPacket {
  mutating func flag() -> Bool { Bool.random(using: &generator) }

  mutating func number<Number: FixedWidthInteger>() -> Number {
    Number.random(in: 0...Number.max, using: &generator)
  }

  mutating func positive<Number: FixedWidthInteger>() -> Number {
    Number.random(in: 1...Number.max, using: &generator)
  }

  mutating func qos() -> QoS { pick([.atMostOnce, .atLeastOnce, .exactlyOnce]) }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: values.indices, using: &generator)]
  }

  mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
    generator.chance(0.3) ? make(&self) : nil
  }

  mutating func some<Value>(_ make: (inout Self) -> Value) -> [Value] {
    (0..<Int.random(in: 1...4, using: &generator)).map { _ in make(&self) }
  }

  mutating func text(_ length: ClosedRange<Int>) -> String {
    let alphabet = ["a", "b", "7", "/", " ", "ß", "é", "e\u{301}", "🜁", "\u{FEFF}", "\u{7F}"]
    return (0..<Int.random(in: length, using: &generator)).map { _ in pick(alphabet) }.joined()
  }

  mutating func topic() -> String { text(1...20) }

  mutating func filter() -> String {
    let levels = some { $0.pick(["a", "b", "+", "", "$SYS"]) }
    let path = levels.joined(separator: "/") + pick(["", "/#", "/c"])
    return path.isEmpty ? "#" : pick(["", "$share/g/"]) + path
  }

  mutating func binary() -> Bytes {
    let length = generator.chance(0.05) ? 20_000 : 20
    return Bytes((0..<Int.random(in: 0...length, using: &generator)).map { _ in number() })
  }

  mutating func userProperties() -> [UserProperty] {
    guard generator.chance(0.2) else { return [] }
    return some { UserProperty($0.text(0...5), $0.text(0...5)) }
  }
}
