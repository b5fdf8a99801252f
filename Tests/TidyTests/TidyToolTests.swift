import Testing

/// The tools of the tidy rules find what they are meant to find.
@Suite struct TidyToolTests {
  @Test(arguments: [
    ("a // { b\nc", "a       \nc"), ("a /* { /* } */ \n */ b", "a              \n    b"),
    ("\"{\" x", "    x"), ("\"\\\"{\" x", "      x"), ("#\"{\"}\"# x", "        x"),
    ("\"\"\"\n { \"\n\"\"\" x", "   \n    \n    x"), ("\"\\(f(\"}\"))\" x", "            x"),
    ("`a {b}` x", "_______ x"), ("#\"\\\"# x", "      x"),
  ])
  func `comments and literals are blanked out`(source: String, code: String) {
    #expect(SwiftCode(source).text == code)
  }

  @Test func `functions are measured with their whole body`() {
    let source = """
      struct A {
        init(a: Int = { 3 }()) {
          self.init()
        }
        func short() {}
        func long<T>(_ body: (T) -> Void) -> [Int]
        where T: B {
          if true { body("}") }
          func inner() {
          }
        }
      }
      protocol P {
        func requirement()
        var value: Int { get }
        init()
      }
      """
    #expect(
      FunctionLength.all(in: SwiftCode(source)) == [
        FunctionLength(name: "init", line: 2, lines: 3),
        FunctionLength(name: "short", line: 5, lines: 1),
        FunctionLength(name: "long", line: 6, lines: 6),
        FunctionLength(name: "inner", line: 9, lines: 2),
      ])
  }

  @Test func `imports are found in all their forms`() {
    let source = """
      import A
      package import B
      @testable import C
      import struct D.E
      // import F
      let text = "import G"
      """
    #expect(SourceFile(path: "x.swift", text: source).imports == ["A", "B", "C", "D"])
  }

  @Test func `the rule of the innermost folder counts`() {
    let file = SourceFile(path: "Sources/MQTTClient/Wire/Packet.swift", text: "")
    #expect(ModuleRules.rule(for: file)?.folder == "Sources/MQTTClient/Wire")
    let other = SourceFile(path: "Sources/MQTTClient/WireTap.swift", text: "")
    #expect(ModuleRules.rule(for: other)?.folder == "Sources/MQTTClient")
  }
}
