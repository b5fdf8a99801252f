import HTTPFront
import Store

/// What an operator should read in the log; the parts report these, one place turns them to lines.
enum BridgeFact: Sendable {
  case brokerUp(sessionPresent: Bool)
  case brokerDown(reason: String, retryIn: Duration)
  case storeFailing(StoreError)
  case storeRecovered
  case server(HTTPServerFact)
}
