import EventLoop

extension SocketOptions {
  /// The same in the words of the system's module.
  init(_ network: NetworkOptions) {
    self.init()
    noDelay = network.noDelay
    keepAliveIdle = network.keepAliveIdle
    keepAliveInterval = network.keepAliveInterval
    keepAliveProbes = network.keepAliveProbes
    userTimeout = network.userTimeout
    sendBufferBytes = network.sendBufferBytes
    receiveBufferBytes = network.receiveBufferBytes
    usesMultipathTCP = network.usesMultipathTCP
    device = network.bindDevice
    dscp = network.dscp
    mark = network.mark
  }
}
