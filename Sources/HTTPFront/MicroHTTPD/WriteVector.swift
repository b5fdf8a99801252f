import Glibc

/// What one call shows to the kernel: pieces of frames, which it keeps alive.
@safe struct WriteVector {
  static let piecesMax = 64

  private(set) var frames: [Frame] = []
  /// For each piece the last position up to and with it; 0 before the first.
  private var lastPositions: [Int64] = []
  private var pieces: [iovec]
  private(set) var byteCount = 0

  init() {
    unsafe pieces = []
    frames.reserveCapacity(Self.piecesMax)
    lastPositions.reserveCapacity(Self.piecesMax)
    unsafe pieces.reserveCapacity(Self.piecesMax)
  }

  var isEmpty: Bool { frames.isEmpty }
  var isFull: Bool { frames.count >= Self.piecesMax }

  mutating func removeAll() {
    frames.removeAll(keepingCapacity: true)
    lastPositions.removeAll(keepingCapacity: true)
    unsafe pieces.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  /// Adds what is left of a frame after `offset` bytes of this framing.
  mutating func append(_ frame: Frame, from offset: Int = 0, isChunked: Bool) {
    let count = frame.count(isChunked: isChunked) - offset
    frames.append(frame)
    lastPositions.append(frame.position == 0 ? lastPositions.last ?? 0 : frame.position)
    unsafe pieces.append(
      iovec(iov_base: frame.address(at: offset, isChunked: isChunked), iov_len: count))
    byteCount += count
  }

  /// How many pieces `written` bytes cover wholly, and how far they reach into the next.
  func position(after written: Int) -> (pieces: Int, offset: Int) {
    var rest = written
    var index = 0
    while unsafe index < pieces.count && rest >= pieces[index].iov_len {
      unsafe rest -= pieces[index].iov_len
      index += 1
    }
    return (index, rest)
  }

  /// The position of the last of the first `count` pieces that has one; 0 when none has.
  func lastPosition(ofFirst count: Int) -> Int64 {
    count == 0 ? 0 : lastPositions[count - 1]
  }

  /// Writes to a socket as much as it takes now.
  func send(to socket: Int32) -> StreamSocket.Written {
    let result: Int = unsafe pieces.withUnsafeBufferPointer { pieces in
      if pieces.count == 1, let only = unsafe pieces.first {
        return unsafe Glibc.send(socket, only.iov_base, only.iov_len, StreamSocket.flags)
      }
      var message = unsafe msghdr()
      unsafe message.msg_iov = UnsafeMutablePointer(mutating: pieces.baseAddress)
      unsafe message.msg_iovlen = pieces.count
      return unsafe sendmsg(socket, &message, StreamSocket.flags)
    }
    return StreamSocket.Written(result)
  }
}
