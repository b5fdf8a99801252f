import EventLoop
import Testing

@Suite struct ProgramPagesTests {
  @Test func `letting go of the program's pages takes less memory and changes nothing`() {
    let text = "what the program has to say"
    let before = ProcessFacts.now().residentBytes
    ProgramPages.letGo()
    let after = ProcessFacts.now().residentBytes
    // The libraries of a test alone are more than this.
    #expect(after < before - (4 << 20), "\(before) before, \(after) after")
    #expect(text.split(separator: " ").count == 6)
  }
}
