import EventLoop
import MQTTClient

/// The broker's end of one connection.
final class BrokerConnection {
  let number: Int
  var packetCount = 0
  var isReading = true
  private(set) var isOpen = true
  private let socket: TCPSocket
  private var decoder = PacketDecoder(serverWithMaximumPacketSize: 1 << 28)
  private var version = ProtocolVersion.v5
  private var outgoing: ArraySlice<UInt8> = []
  private var isClosing = false
  private var buffer = Array(repeating: UInt8(0), count: 64 << 10)

  init(_ number: Int, _ socket: TCPSocket) {
    self.number = number
    self.socket = socket
  }

  var descriptor: Int32 { socket.descriptor }

  var interest: Poller.Interest {
    var interest: Poller.Interest = isReading ? .readable : []
    if !outgoing.isEmpty { interest.formUnion(.writable) }
    return interest
  }

  /// Hands out every packet that has arrived; what is no MQTT ends the connection.
  func read(_ handle: (Packet) -> Void) {
    guard isOpen, isReading else { return }
    do {
      switch try socket.receive(into: &buffer) {
      case .nothingYet: return
      case .end: isOpen = false
      case .bytes(let count): decoder.append(buffer[..<count])
      }
      while isOpen, !isClosing, isReading, let packet = try decoder.next() {
        if case .connect(let connect) = packet { version = connect.version }
        handle(packet)
      }
    } catch {
      isOpen = false
    }
  }

  /// Sends a packet; one that cannot be encoded is a mistake of the script.
  func send(_ packet: Packet) {
    var bytes: [UInt8] = []
    do throws(EncodeError) {
      try PacketEncoder.encode(packet, version: version, into: &bytes)
    } catch {
      preconditionFailure("the script sends what is no packet: \(error)")
    }
    send(bytes)
  }

  func send(_ bytes: [UInt8]) {
    guard !isClosing else { return }
    outgoing.append(contentsOf: bytes)
  }

  func write() {
    guard isOpen else { return }
    do throws(SystemError) {
      outgoing = outgoing.dropFirst(try socket.send(outgoing))
      if isClosing, outgoing.isEmpty { isOpen = false }
    } catch {
      isOpen = false
    }
  }

  func closeAfterWrites() { isClosing = true }

  /// Forgets what waits and makes the system send a reset.
  func reset() {
    outgoing = []
    socket.resetOnClose()
    isOpen = false
  }
}
