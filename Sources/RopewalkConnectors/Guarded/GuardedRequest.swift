import NIOCore
import NIOHTTP1
import RopewalkCore
import RopewalkPlugins

/// A stranger's request, checked: what a call may send, and how it changes from redirect to redirect.
struct GuardedRequest {
  private(set) var url: HTTPURL
  private var method: HTTPMethod
  private var headers: HTTPHeaders
  private var body: [UInt8]

  /// Names that belong to the connection; they are left out of what is sent.
  private static let ownHeaders = [
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]
  private static let credentials = ["Authorization", "Cookie"]

  init(_ request: OutboundHTTP.Request, under policy: OutboundHTTP.Policy) throws(OutboundHTTP.Failure) {
    url = try Self.parse { () throws(HTTPURL.Mistake) in try HTTPURL(parsing: request.url) }
    guard HTTPSyntax.isToken(request.method), !["CONNECT", "TRACE"].contains(request.method.uppercased()) else {
      throw OutboundHTTP.Failure(.httpRequestInvalid, "the method cannot be used; GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS can")
    }
    method = HTTPMethod(rawValue: request.method)
    headers = HTTPHeaders()
    var size = request.body.count
    for field in request.headers.fields {
      guard HTTPSyntax.isToken(field.name), HTTPSyntax.isFieldValue(field.value) else {
        throw OutboundHTTP.Failure(.httpRequestInvalid, "a header has a name or value that HTTP cannot carry; remove line breaks")
      }
      guard !Self.ownHeaders.contains(where: { field.name.equalsIgnoringASCIICase($0) }) else { continue }
      headers.add(name: field.name, value: field.value)
      size += field.name.utf8.count + field.value.utf8.count
    }
    body = request.body
    guard size <= policy.maxRequestSize.bytes else {
      throw OutboundHTTP.Failure(.httpRequestTooLarge, policy.requestTooLarge)
    }
  }

  /// - Throws: what keeps the step from calling this host.
  func checkHost(under policy: OutboundHTTP.Policy) throws(OutboundHTTP.Failure) {
    guard HostAllowList(policy.allowedHosts).allows(url.origin) else {
      throw OutboundHTTP.Failure(.httpHostNotAllowed, "the step may not call \(url.origin); add it to 'http.allow' if it should")
    }
  }

  /// Those of the host's addresses that the step may reach.
  /// - Throws: what keeps it from all of them.
  func reachable(_ found: [SocketAddress], under policy: OutboundHTTP.Policy) throws(OutboundHTTP.Failure) -> [SocketAddress] {
    guard !policy.allowsPrivateAddresses else { return found }
    let addresses = found.filter { AddressGuard.specialKind(of: $0) == nil }
    guard addresses.isEmpty, let kind = found.lazy.compactMap(AddressGuard.specialKind).first else { return addresses }
    throw OutboundHTTP.Failure(
      .httpAddressRefused,
      "\(url.origin.host) stands for a \(kind) address, which the step may not reach; set 'http.allowPrivateAddresses' if it should"
    )
  }

  func exchange(until deadline: NIODeadline, under policy: OutboundHTTP.Policy) -> HTTPExchange {
    var sent = headers
    sent.add(name: "Host", value: url.origin.hostHeader)
    if !body.isEmpty || [.POST, .PUT, .PATCH].contains(method) { sent.add(name: "Content-Length", value: String(body.count)) }
    if !sent.contains(name: "User-Agent") { sent.add(name: "User-Agent", value: "ropewalk") }
    return HTTPExchange(
      // Who asks is not told here, so that all count as one.
      for: "",
      head: HTTPRequestHead(version: .http1_1, method: method, uri: url.target, headers: sent),
      body: body.isEmpty ? nil : ByteBuffer(bytes: body),
      deadline: deadline,
      timeout: policy.timeout,
      maxBodySize: policy.maxResponseSize,
      overflow: .fail
    )
  }

  /// Becomes the request that a redirect asks for (RFC 9110, 15.4). Credentials do not go to another origin.
  mutating func follow(_ status: HTTPResponseStatus, to location: String) throws(OutboundHTTP.Failure) {
    let current = url
    let next = try Self.parse { () throws(HTTPURL.Mistake) in try current.resolving(location) }
    guard next.origin.isSecure || !url.origin.isSecure else {
      throw OutboundHTTP.Failure(
        .httpRedirectRefused,
        "\(url.origin) redirects from https to http; call the http URL itself if that is meant"
      )
    }
    if status == .seeOther && method != .HEAD || [.movedPermanently, .found].contains(status) && method == .POST {
      method = .GET
      body = []
      headers.remove(name: "Content-Type")
    }
    if next.origin != url.origin {
      for name in Self.credentials { headers.remove(name: name) }
    }
    url = next
  }

  private static func parse(_ body: () throws(HTTPURL.Mistake) -> HTTPURL) throws(OutboundHTTP.Failure) -> HTTPURL {
    do throws(HTTPURL.Mistake) {
      return try body()
    } catch {
      throw OutboundHTTP.Failure(.httpURLInvalid, "the URL \(error.message); \(error.remedy)")
    }
  }
}
