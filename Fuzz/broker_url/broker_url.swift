// module: MQTTClient
import MQTTClient

/// Any text as the URL of a broker or a proxy: no trap, no secret shown, and a stable description.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let text = String(validating: input, as: UTF8.self) else { return 0 }
  do throws(BrokerURLError) {
    let url = try BrokerURL(text)
    precondition(url.scheme == .unix || !url.host.isEmpty, "no host in \(text)")
    precondition(url.scheme != .unix || !url.path.isEmpty, "no path in \(text)")
    precondition((url.port == 0) == (url.scheme == .unix || url.scheme.isService), "\(text)")
    if url.scheme != .unix {
      let again = try? BrokerURL(url.description)
      precondition(again?.description == url.description, "\(text) and \(url)")
      precondition(again?.host == url.host && again?.port == url.port)
    }
    precondition(
      !ClientOptions(broker: url, session: SessionOptions(clientID: "c")).servers.isEmpty)
  } catch {
    precondition(!error.description.isEmpty)
  }
  do throws(ProxyURLError) {
    let proxy = try ProxyOptions(text)
    precondition(!proxy.host.isEmpty && proxy.port > 0)
  } catch {
    precondition(!error.description.isEmpty)
  }
  let exceptions = ProxyExceptions(text)
  _ = exceptions.contains(host: "a.example.org", port: 1883)
  _ = exceptions.contains(host: "10.0.0.1", port: 1883)
  return 0
}
