import FoundationEssentials

/// Certificates, keys, revocation lists and OCSP responses, made by the `openssl` command.
///
/// They are made once per process, in a directory that nobody may change: a test that wants to break
/// a file copies it first.
///
///     ca ─┬─ server    localhost, broker.test, 127.0.0.1, ::1
///         ├─ renewed   the same names with another key
///         ├─ expired   the same names, its time is over
///         ├─ revoked   the same names, on the list ca.crl
///         ├─ client    and its forms client-encrypted.key (password "open sesame") and client.p12
///         └─ middle ── nested    the same names; nested.pem holds middle too
///     other            an authority that nobody has asked for
package struct TestCertificates: Sendable {
  package static let password = "open sesame"

  private let directory: TemporaryDirectory

  /// The certificates of this process.
  package static func shared() throws -> Self { try made.get() }

  private static let made = Result { try Self() }

  private init() throws {
    directory = try TemporaryDirectory()
    try directory.write(Self.configuration, to: "openssl.cnf")
    let script = try directory.write(Self.script, to: "make.sh")
    let shell = try ChildProcess("sh", ["-e", script], directory: directory.path)
    guard shell.waitForExit(within: .seconds(60)) == .status(0) else {
      throw TestFailure("the certificates were not made: \(shell.errors.text)")
    }
  }

  /// The path of one of the files, such as `ca.pem`, `server.key` or `ca.crl`.
  package func path(_ name: String) -> String { directory.file(name) }

  /// The content of one of the files.
  package func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(filePath: path(name))))
  }

  private static let configuration = """
    [req]
    distinguished_name = name
    prompt = no
    [name]
    CN = unused
    [authority]
    basicConstraints = critical, CA:true
    keyUsage = critical, keyCertSign, cRLSign, digitalSignature
    subjectKeyIdentifier = hash
    [server]
    basicConstraints = critical, CA:false
    extendedKeyUsage = serverAuth
    subjectAltName = DNS:localhost, DNS:broker.test, IP:127.0.0.1, IP:::1
    [client]
    basicConstraints = critical, CA:false
    extendedKeyUsage = clientAuth
    [ca]
    default_ca = ours
    [ours]
    database = index.txt
    default_md = sha256
    default_crl_days = 30
    policy = any
    new_certs_dir = .
    serial = serial
    unique_subject = no
    [any]
    commonName = supplied
    """

  private static let script = """
    key() {
      openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key
    }
    authority() {
      key $1
      openssl req -x509 -new -config openssl.cnf -extensions authority -key $1.key \\
        -subj "/CN=$2" -days 3650 -set_serial $3 -out $1.pem
    }
    issue() { # name subject extensions serial issuer
      key $1
      openssl req -new -config openssl.cnf -key $1.key -subj "/CN=$2" -out $1.csr
      openssl x509 -req -in $1.csr -CA $5.pem -CAkey $5.key -set_serial $4 -days 3650 \\
        -extfile openssl.cnf -extensions $3 -out $1.pem
    }
    index() { # state revoked serial subject
      printf '%s\\t400101000000Z\\t%s\\t%s\\tunknown\\t/CN=%s\\n' "$1" "$2" "$3" "$4" >> index.txt
    }
    respond() { # file certificate signer digest
      openssl ocsp -index index.txt -CA ca.pem -issuer ca.pem -rsigner $3.pem -rkey $3.key \\
        -$4 -cert $2.pem -ndays 30 -respout $1
    }
    authority ca "Test CA" 1
    authority other "Other CA" 2
    issue server "Test server" server 0x10 ca
    issue renewed "Renewed server" server 0x11 ca
    issue revoked "Revoked server" server 0x13 ca
    issue client "Test client" client 0x14 ca
    issue middle "Middle CA" authority 0x15 ca
    issue nested "Nested server" server 0x16 middle
    cat middle.pem >> nested.pem
    key expired
    openssl req -new -config openssl.cnf -key expired.key -subj "/CN=Expired server" -out expired.csr
    touch index.txt
    echo 12 > serial
    openssl ca -batch -notext -config openssl.cnf -cert ca.pem -keyfile ca.key -in expired.csr \\
      -extfile openssl.cnf -extensions server -startdate 200101000000Z -enddate 200102000000Z \\
      -out expired.pem
    rm index.txt
    touch index.txt
    openssl ca -config openssl.cnf -gencrl -cert middle.pem -keyfile middle.key \\
      -out empty-middle.crl
    index V "" 10 "Test server"
    index R 250101000000Z 13 "Revoked server"
    index R 250101000000Z 16 "Nested server"
    openssl ca -config openssl.cnf -gencrl -cert ca.pem -keyfile ca.key -out ca.crl
    openssl ca -config openssl.cnf -gencrl -cert middle.pem -keyfile middle.key -out middle.crl
    respond good.ocsp server ca sha1
    respond sha256.ocsp server ca sha256
    respond revoked.ocsp revoked ca sha1
    respond unknown.ocsp renewed ca sha1
    respond unsigned.ocsp server other sha1
    openssl pkey -in client.key -aes256 -passout "pass:\(password)" -out client-encrypted.key
    openssl pkcs12 -export -in client.pem -inkey client.key -certfile ca.pem \\
      -passout "pass:\(password)" -out client.p12
    echo sensor-7:00ff10 > mosquitto.psk
    mkdir authorities
    cp ca.pem authorities
    openssl rehash authorities
    """
}
