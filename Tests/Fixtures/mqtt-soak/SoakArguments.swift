/// What the command line of the soak says.
struct SoakArguments {
  let publisher: String
  let subscriber: String
  private(set) var seconds = 60
  private(set) var rate = 500
  private(set) var patience = 60
  private(set) var store = "soak-store"

  init(_ arguments: [String]) throws(UsageError) {
    guard arguments.count >= 3, arguments.count % 2 == 1 else { throw UsageError() }
    (publisher, subscriber) = (arguments[1], arguments[2])
    for index in stride(from: 3, to: arguments.count, by: 2) {
      let (name, value) = (arguments[index], arguments[index + 1])
      guard let number = Int(value) else {
        guard name == "--store" else { throw UsageError() }
        store = value
        continue
      }
      switch name {
      case "--seconds": seconds = number
      case "--rate": rate = number
      case "--patience": patience = number
      case "--store": store = value
      default: throw UsageError()
      }
    }
  }

  struct UsageError: Error {}
}
