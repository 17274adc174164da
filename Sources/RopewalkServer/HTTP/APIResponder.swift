import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RopewalkCore
import RopewalkResources

/// What a request comes with beside itself.
struct ConnectionContext: InitializableFromSource, Sendable {
  let channel: any Channel
  let logger: Logger

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
    logger = source.logger
  }

  var source: String {
    guard let address = channel.remoteAddress, let host = address.ipAddress, let port = address.port else { return "unknown" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// Reads a request, lets ``APIHandler`` answer it, and writes the answer.
struct APIResponder: HTTPResponder {
  typealias Context = ConnectionContext

  let handler: APIHandler
  let watches: WatchCount
  let counts: RequestCounts
  let limits: APIServerLimits

  /// How long a client that sends more than it may is listened to, so that it reads the refusal.
  private static let refusalTime = TimeAmount.seconds(10)

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    let clock = ContinuousClock()
    let start = clock.now
    var exchange = APIExchange(method: request.method.rawValue)
    let answer: APIAnswer
    do {
      (answer, exchange) = try await limited { try await self.handler.answer(request, context) }
    } catch {
      answer = APIAnswer(StatusError(error, about: nil))
    }
    counts.record(verb: exchange.verb, status: answer.status, duration: clock.now - start)
    if answer.status == 413 { Self.closeSoon(context.channel) }
    return response(answer, request)
  }

  /// Gives `body` the time that a request may take; what it does after that is cancelled.
  private func limited<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let time = limits.requestTime
    return try await withThrowingTaskGroup(of: Result.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: time)
        throw StatusError.timeout(Int(time.components.seconds))
      }
      defer { group.cancelAll() }
      return try await group.next()!
    }
  }

  private static func closeSoon(_ channel: any Channel) {
    _ = channel.eventLoop.scheduleTask(in: refusalTime) { channel.close(promise: nil) }
  }

  private func response(_ answer: APIAnswer, _ request: Request) -> Response {
    var headers: HTTPFields = [.contentType: answer.contentType, .cacheControl: "no-cache, private", .xContentTypeOptions: "nosniff"]
    for warning in answer.warnings { headers.append(HTTPField(name: Self.warning, value: "299 - \"\(Self.quoted(warning))\"")) }
    for header in answer.headers {
      if let name = HTTPField.Name(header.name) { headers.append(HTTPField(name: name, value: header.value)) }
    }
    let status = HTTPResponse.Status(code: answer.status)
    switch answer.body {
    case .bytes(let bytes):
      return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    case .stream(let stream):
      let ticket: WatchCount.Ticket
      do throws(StatusError) {
        ticket = try watches.enter()
      } catch {
        return response(APIAnswer(error), request)
      }
      let body = ResponseBody { [request] writer in
        try await stream.write(to: writer, request: request.body)
        withExtendedLifetime(ticket) {}
      }
      return Response(status: status, headers: headers, body: body)
    }
  }

  private static let warning = HTTPField.Name("Warning")!

  /// As RFC 9110 has quoted strings; no control characters.
  private static func quoted(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}

/// What becomes known of a request while it is answered.
struct APIExchange: Sendable {
  /// For the counts.
  var verb: String

  init(method: String) {
    verb = method
  }
}
