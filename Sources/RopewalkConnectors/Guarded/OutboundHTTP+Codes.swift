package import RopewalkCore
import RopewalkPlugins

extension ErrorCode {
  package static let httpURLInvalid = ErrorCode("http.url-invalid", .invalid)
  package static let httpRequestInvalid = ErrorCode("http.request-invalid", .invalid)
  package static let httpRequestTooLarge = ErrorCode("http.request-too-large", .invalid)
  package static let httpHostNotAllowed = ErrorCode("http.host-not-allowed", .denied)
  package static let httpAddressRefused = ErrorCode("http.address-refused", .denied)
  package static let httpRedirectRefused = ErrorCode("http.redirect-refused", .denied)
  package static let httpTooManyRedirects = ErrorCode("http.too-many-redirects", .rejected)
  package static let httpResponseTooLarge = ErrorCode("http.response-too-large", .rejected)
  package static let httpResponseMalformed = ErrorCode("http.response-malformed", .rejected)
  package static let httpTimeout = ErrorCode("http.timeout", .timeout)
  package static let httpUnresolvable = ErrorCode("http.unresolvable", .unavailable)
  package static let httpUnreachable = ErrorCode("http.unreachable", .unavailable)
  package static let httpTLS = ErrorCode("http.tls", .unavailable)
  package static let httpClosed = ErrorCode("http.connection-closed", .unavailable)
  package static let httpOverloaded = ErrorCode("http.overloaded", .overloaded)
  package static let httpCancelled = ErrorCode("http.cancelled", .unavailable)
}

extension OutboundHTTP.Failure {
  init(_ error: HTTPClientError) {
    let (code, remedy): (ErrorCode, String) =
      switch error {
      case .unresolvable: (.httpUnresolvable, "")
      case .unreachable: (.httpUnreachable, "")
      case .tls: (.httpTLS, "")
      case .timeout: (.httpTimeout, "; raise 'http.timeout' if it needs longer")
      case .closed: (.httpClosed, "")
      case .malformed: (.httpResponseMalformed, "")
      case .tooLarge: (.httpResponseTooLarge, "; ask for less, or raise 'http.maxResponseSize'")
      case .overloaded: (.httpOverloaded, "")
      case .cancelled: (.httpCancelled, "")
      case .shutDown: (.httpCancelled, "")
      }
    self.init(code, error.description + remedy)
  }
}
