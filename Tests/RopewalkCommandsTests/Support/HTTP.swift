import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small client for the tests' requests.
enum HTTP {
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: String
  }

  static func post(
    _ body: [UInt8],
    to url: String,
    headers: [String: String] = [:],
    method: String = "POST"
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if !body.isEmpty { request.body = .bytes(body) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
    let headers = Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }
    return Answer(status: Int(response.status.code), headers: headers, body: text)
  }

  static func post(_ text: String, to url: String, headers: [String: String] = [:]) async throws -> Answer {
    try await post(Array(text.utf8), to: url, headers: headers)
  }

  /// Returns when something accepts connections on the port; the limit is a bound against hanging.
  static func waitForListener(on port: Int, limit: Duration = .seconds(120)) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
      do {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connect(host: "127.0.0.1", port: port).get()
        try await channel.close().get()
        return
      } catch {
        guard ContinuousClock.now < deadline else { throw WaitFailure("nothing listens on port \(port)") }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  /// A port that was free a moment ago.
  static func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    defer { channel.close(promise: nil) }
    guard let port = channel.localAddress?.port else { throw WaitFailure("no free port") }
    return port
  }
}
