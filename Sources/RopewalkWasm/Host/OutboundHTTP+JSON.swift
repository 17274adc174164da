import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins

/// Why a guest's request cannot be made.
struct HTTPRequestError: Error {
  var message: String
}

extension OutboundHTTP.Request {
  /// Reads `{"method","url","headers":{…},"body":text or "bodyBase64":text}`; only `url` is required.
  init(json bytes: [UInt8]) throws(HTTPRequestError) {
    let value: JSON
    do {
      value = try JSON.parse(bytes)
    } catch {
      throw HTTPRequestError(message: "the request is \(error)")
    }
    guard let object = value.object else { throw HTTPRequestError(message: "the request is \(value.typeName), not a map") }
    let known = ["method", "url", "headers", "body", "bodyBase64"]
    for key in object.keys where !known.contains(key) {
      let hint = nearestWord(to: key, among: known).map { "; did you mean '\($0)'?" } ?? ""
      throw HTTPRequestError(message: "the request has no member '\(key)'\(hint)")
    }
    guard let url = object["url"]?.string else { throw HTTPRequestError(message: "the request needs a 'url'") }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw HTTPRequestError(message: "the request's 'url' has a blank or a control character in it")
    }
    self.init(
      method: try Self.method(object["method"]),
      url: url,
      headers: try Self.headers(object["headers"]),
      body: try Self.body(object)
    )
  }

  private static func method(_ value: JSON?) throws(HTTPRequestError) -> String {
    guard let value else { return "GET" }
    guard let text = value.string, !text.isEmpty, text.utf8.allSatisfy(\.isTokenByte) else {
      throw HTTPRequestError(message: "the request's 'method' is not a method, such as POST")
    }
    return text.uppercased()
  }

  private static func headers(_ value: JSON?) throws(HTTPRequestError) -> MessageHeaders {
    var headers = MessageHeaders()
    guard let value else { return headers }
    guard let object = value.object else { throw HTTPRequestError(message: "the request's 'headers' are not a map") }
    for member in object.members {
      guard !member.key.isEmpty, member.key.utf8.allSatisfy(\.isTokenByte) else {
        throw HTTPRequestError(message: "the request has a header whose name is not one")
      }
      guard let text = member.value.string, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw HTTPRequestError(message: "the request's header '\(member.key)' is not text without line breaks")
      }
      headers.append(name: member.key, value: text)
    }
    return headers
  }

  private static func body(_ object: JSONObject) throws(HTTPRequestError) -> [UInt8] {
    switch (object["body"], object["bodyBase64"]) {
    case (nil, nil): return []
    case (let body?, nil):
      guard let text = body.string else { throw HTTPRequestError(message: "the request's 'body' is \(body.typeName), not a string") }
      return Array(text.utf8)
    case (nil, let body?):
      guard let text = body.string, let bytes = try? FunctionLibrary.lookup("base64-decode").apply(Array(text.utf8)).payload else {
        throw HTTPRequestError(message: "the request's 'bodyBase64' is not base64")
      }
      return bytes
    case (_?, _?): throw HTTPRequestError(message: "the request has both 'body' and 'bodyBase64'")
    }
  }
}

extension OutboundHTTP.Response {
  /// `{"status","headers":{…},"body":text}`, or `"bodyBase64"` where the body is not UTF-8. A header that came several
  /// times is joined with commas (RFC 9110, section 5.3).
  var json: [UInt8] {
    var fields = JSONObject()
    for field in headers.fields {
      let name = field.name.lowercased()
      let before = fields[name]?.string.map { "\($0), " } ?? ""
      fields[name] = .string(before + field.value)
    }
    var object: JSONObject = ["status": .number(JSONNumber(status)), "headers": .object(fields)]
    if let text = String(validating: body, as: UTF8.self) {
      object.append(key: "body", value: .string(text))
    } else {
      let encoded = (try? FunctionLibrary.lookup("base64-encode").apply(body).payload) ?? []
      object.append(key: "bodyBase64", value: .string(String(decoding: encoded, as: UTF8.self)))
    }
    return JSON.object(object).serialised()
  }
}

extension UInt8 {
  /// A byte of a token of RFC 9110, section 5.6.2.
  fileprivate var isTokenByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }
}
