import TestSupport
import Testing

@testable import WebSocketProtocol

/// Against the standard library's own opinion of what is UTF-8.
@Suite struct TextValidatorTests {
  private func isText(_ bytes: [UInt8], cuts: Int) -> Bool {
    var validator = TextValidator()
    var rest = bytes[...]
    while !rest.isEmpty {
      guard validator.accepts(rest.prefix(cuts)) else { return false }
      rest = rest.dropFirst(cuts)
    }
    return validator.isComplete
  }

  @Test func `every sequence of two bytes is judged like the standard library does`() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let bytes = [first, second]
        let isValid = String(validating: bytes, as: UTF8.self) != nil
        #expect(isText(bytes, cuts: 2) == isValid && isText(bytes, cuts: 1) == isValid, "\(bytes)")
      }
    }
  }

  @Test func `the limits of longer sequences are judged like the standard library does`() {
    let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xFF]
    for first in UInt8(0xE0)...0xFF {
      for second in edges {
        for third in edges {
          for fourth in edges {
            let bytes = [first, second, third, fourth]
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(isText(bytes, cuts: 4) == isValid && isText(bytes, cuts: 3) == isValid)
          }
        }
      }
    }
  }

  @Test func `a wrong byte is found before the text ends`() {
    var validator = TextValidator()
    let isBegun = validator.accepts([0xED])
    let isSurrogate = validator.accepts([0xA0])
    #expect(isBegun && !isSurrogate)
  }
}
