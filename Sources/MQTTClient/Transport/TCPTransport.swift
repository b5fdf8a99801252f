package import EventLoop

/// MQTT directly on TCP: the transport without layers.
package final class TCPTransport: Transport {
  private let socket: TCPSocket
  private var hasShutDownSending = false

  /// Takes a socket that is connected.
  package init(_ socket: TCPSocket) {
    self.socket = socket
  }

  package var descriptor: Int32 { socket.descriptor }
  package var needs: Poller.Interest { [] }
  package var holdsInput: Bool { false }
  package var hasUnreadInput: Bool { socket.unreadBytes > 0 }

  package func advance() throws(TransportError) -> Bool { true }

  package func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    do throws(SystemError) {
      return try socket.receive(into: &buffer)
    } catch {
      throw .system(error)
    }
  }

  package func send(_ bytes: Bytes) throws(TransportError) -> Int {
    do throws(SystemError) {
      return try socket.send(bytes)
    } catch {
      throw .system(error)
    }
  }

  package func shutDownSending() {
    guard !hasShutDownSending else { return }
    hasShutDownSending = true
    socket.shutDownSending()
  }
}
