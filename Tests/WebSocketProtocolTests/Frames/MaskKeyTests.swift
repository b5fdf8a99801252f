import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite struct MaskKeyTests {
  @Test func `every length, start and phase is masked byte by byte`() {
    let key: [UInt8] = [0x11, 0x22, 0x44, 0x88]
    let mask = MaskKey(word: 0x1122_4488)
    for count in 0..<40 {
      for start in 0...min(count, 9) {
        for phase in 0..<4 {
          let plain = (0..<count).map { UInt8($0) }
          var masked = plain
          mask.advanced(by: phase).apply(to: &masked, from: start)
          for index in 0..<count {
            let expected = index < start ? 0 : key[(index - start + phase) % 4]
            #expect(masked[index] == plain[index] ^ expected)
          }
        }
      }
    }
  }
}
