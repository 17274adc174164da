import NIOSSL

/// Why a TLS connection did not come about, for those who do not know the library below.
enum TLSFailure {
  static func words(_ error: any Error) -> String {
    let text = String(describing: error)
    for (sign, words) in known where text.contains(sign) { return words }
    // `…:SSL routines:OPENSSL_internal:THE_REASON at …`
    guard
      let reason = text.split(separator: "OPENSSL_internal:").dropFirst().first?.prefix(while: { $0.isLetter || $0 == "_" || $0.isNumber })
    else { return text }
    return reason.lowercased().replacing("_", with: " ")
  }

  private static let known = [
    (
      "CERTIFICATE_VERIFY_FAILED",
      "its certificate is not trusted; name the file of the authority that signed it (tls.caCertificate of 'http')"
    ),
    ("WRONG_VERSION_NUMBER", "it speaks no TLS, or another version than 1.2 and 1.3; for plain HTTP write http://"),
    ("HTTP_REQUEST", "it speaks no TLS; for plain HTTP write http://"),
    ("EOF during handshake", "it closed the connection before TLS began, so it may speak none; for plain HTTP write http://"),
    ("UNSUPPORTED_PROTOCOL", "it speaks an older TLS than 1.2"),
    ("failedToValidateHostname", "its certificate is for another name"),
    ("CERTIFICATE_REQUIRED", "it asks for a certificate of ours"),
  ]
}
