import CMicroHTTPD
import Glibc

/// A connection as libmicrohttpd knows it; valid until the library says that it is closed.
@safe struct ConnectionHandle {
  private let pointer: OpaquePointer

  @unsafe init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

  var descriptor: Int32 { unsafe cmhd_descriptor(pointer) }

  /// The numeric address of the peer, or `unix`.
  var clientAddress: String {
    guard let address = unsafe cmhd_client_address(pointer) else { return "unknown" }
    // Whoever connects to a socket in the file system has no address.
    return unsafe SocketAddress(copying: address)?.host ?? "unix"
  }

  /// The encryption of the connection; nil when it has none.
  var session: TLSSession? {
    guard let session = unsafe cmhd_tls_session(pointer) else { return nil }
    return unsafe TLSSession(session)
  }

  /// The bytes of the request line and the headers.
  var headSize: Int { unsafe cmhd_head_size(pointer) }

  /// The header fields, and whether all of them have the shape that is allowed.
  func headers() -> (fields: HeaderFields, areSound: Bool) {
    var headers = (fields: HeaderFields(), areSound: true)
    unsafe withUnsafeMutablePointer(to: &headers) { headers in
      _ = unsafe MHD_get_connection_values_n(
        pointer, .HEADER_KIND,
        { context, _, name, nameCount, value, valueCount in
          guard let name = unsafe name else { return .YES }
          guard
            let headers = unsafe context?.assumingMemoryBound(
              to: (fields: HeaderFields, areSound: Bool).self)
          else { return .NO }
          let isSound = unsafe headers.pointee.fields.appendReceived(
            ConnectionHandle.text(name, nameCount),
            unsafe value.map { unsafe ConnectionHandle.text($0, valueCount) } ?? "")
          if !isSound { unsafe headers.pointee.areSound = false }
          return .YES
        }, headers)
    }
    return headers
  }

  /// Only from the access handler.
  func suspend() { unsafe MHD_suspend_connection(pointer) }

  /// Only while suspended, and once; the daemon must run afterwards.
  func resume() { unsafe MHD_resume_connection(pointer) }

  /// Only from the access handler; false when the library refuses, which closes the connection.
  func queue(_ response: Response, closing: Bool) -> Bool {
    let created = unsafe response.body.withUnsafeBytes { bytes in
      unsafe MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
        .RESPMEM_MUST_COPY)
    }
    guard let queued = unsafe created else { return false }
    defer { unsafe MHD_destroy_response(queued) }
    for field in response.headers.fields where !Self.isOwnedByLibrary(field.name) {
      unsafe Self.add(field.name, field.value, to: queued)
    }
    if closing { unsafe Self.add("Connection", "close", to: queued) }
    let status = (200...999).contains(response.status) ? response.status : 500
    return unsafe MHD_queue_response(pointer, UInt32(status), queued) == .YES
  }

  /// The library copies the texts itself; an argument made from a `String` would be one more copy.
  @unsafe private static func add(_ name: String, _ value: String, to response: OpaquePointer) {
    unsafe name.withCString { name in
      unsafe value.withCString { value in
        _ = unsafe MHD_add_response_header(response, name, value)
      }
    }
  }

  private static let libraryFields = ["Content-Length", "Transfer-Encoding", "Connection"]

  private static func isOwnedByLibrary(_ name: String) -> Bool {
    libraryFields.contains { HeaderFields.same($0, name) }
  }

  @unsafe private static func text(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
    unsafe String(
      decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
}
