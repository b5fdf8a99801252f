import COpenSSL

/// Certificates, revocation lists and keys out of PEM text.
@safe struct PEMReader {
  private let library: TLSLibrary
  private let item: TLSFailure.Item

  init(_ library: TLSLibrary, for item: TLSFailure.Item) {
    self.library = library
    self.item = item
  }

  /// Every certificate in the text, at least one, in order; a damaged one is an error.
  func certificates(
    _ bytes: [UInt8], in material: TLSOptions.Material
  ) throws(TLSFailure) -> [X509Certificate] {
    try unsafe withBIO(bytes) { bio throws(TLSFailure) in
      var found: [X509Certificate] = []
      while true {
        guard let empty = unsafe X509_new_ex(library.handle, library.properties) else {
          throw .library
        }
        var target: OpaquePointer? = unsafe empty
        // Without a function of ours OpenSSL would ask for passwords on the terminal.
        guard unsafe PEM_read_bio_X509_AUX(bio, &target, { _, _, _, _ in -1 }, nil) != nil else {
          unsafe X509_free(target)
          try checkEnd(found.isEmpty, "no certificate", in: material)
          return found
        }
        unsafe found.append(X509Certificate(owning: empty))
      }
    }
  }

  /// Gives every revocation list in the text, at least one, to `body`, which must not keep it.
  func revocationLists(
    _ bytes: [UInt8], in material: TLSOptions.Material,
    _ body: (OpaquePointer) throws(TLSFailure) -> Void
  ) throws(TLSFailure) {
    try unsafe withBIO(bytes) { bio throws(TLSFailure) in
      var count = 0
      while let list = unsafe PEM_read_bio_X509_CRL(bio, nil, { _, _, _, _ in -1 }, nil) {
        defer { unsafe X509_CRL_free(list) }
        try unsafe body(list)
        count += 1
      }
      try checkEnd(count == 0, "no revocation list", in: material)
    }
  }

  /// The private key in the text; whoever gets it frees it.
  func privateKey(
    _ bytes: [UInt8], in material: TLSOptions.Material, password: String?
  ) throws(TLSFailure) -> OpaquePointer {
    let question = PasswordQuestion(password)
    return try unsafe withBIO(bytes) { bio throws(TLSFailure) in
      let key = unsafe withExtendedLifetime(question) {
        unsafe PEM_read_bio_PrivateKey_ex(
          bio, nil, { unsafe PasswordQuestion.answer($0, $1, $3) },
          Unmanaged.passUnretained(question).toOpaque(), library.handle, library.properties)
      }
      if let key = unsafe key { return unsafe key }
      let words = OpenSSLErrors.drain()
      guard question.wasAsked else {
        throw .configuration(item, words: ["\(material) holds no usable key"] + words)
      }
      let reason =
        password == nil
        ? "\(material) is encrypted, and no password is given"
        : "\(material) cannot be decrypted; is the password right?"
      throw .configuration(item, words: [reason] + words)
    }
  }

  /// Reading ends well only where no further block begins.
  private func checkEnd(
    _ isEmpty: Bool, _ missing: String, in material: TLSOptions.Material
  ) throws(TLSFailure) {
    let entries = OpenSSLErrors.drainEntries()
    let isEnd = entries.contains { $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE }
    guard isEnd else {
      throw .configuration(item, words: ["\(material) is damaged"] + entries.map(\.words))
    }
    guard !isEmpty else { throw .configuration(item, words: ["\(missing) is in \(material)"]) }
  }

  private func withBIO<Result>(
    _ bytes: [UInt8], _ body: (OpaquePointer) throws(TLSFailure) -> Result
  ) throws(TLSFailure) -> Result {
    OpenSSLErrors.clear()
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .library }
    defer { unsafe BIO_free(bio) }
    var written = 0
    guard unsafe bytes.isEmpty || BIO_write_ex(bio, bytes, bytes.count, &written) == 1 else {
      throw .library
    }
    return try unsafe body(bio)
  }
}

/// A password, and whether OpenSSL has asked for it.
final class PasswordQuestion {
  private let password: [UInt8]?
  private(set) var wasAsked = false

  init(_ password: String?) {
    self.password = password.map { Array($0.utf8) }
  }

  /// Writes the password into OpenSSL's buffer; the context is the question.
  static func answer(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ context: UnsafeMutableRawPointer?
  ) -> Int32 {
    guard let context = unsafe context, let buffer = unsafe buffer else { return -1 }
    let question = unsafe Unmanaged<PasswordQuestion>.fromOpaque(context).takeUnretainedValue()
    question.wasAsked = true
    guard let password = question.password, password.count <= size else { return -1 }
    for (index, byte) in password.enumerated() {
      unsafe buffer[index] = CChar(bitPattern: byte)
    }
    return Int32(password.count)
  }
}
