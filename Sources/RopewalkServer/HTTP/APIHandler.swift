import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RopewalkCore
import RopewalkResources

/// Answers every request: who asks, whether he may, what he wants.
struct APIHandler: Sendable {
  let client: any ResourceClient
  let authenticator: Authenticator
  let authorizer: Authorizer
  let audit: AuditLog?
  let objects: ObjectHandler
  let description = APIDescription()
  let routes: [MountedRoute]
  let health: [HealthCheck]
  let limits: APIServerLimits
  let logger: Logger

  func answer(_ request: Request, _ context: ConnectionContext) async throws -> (APIAnswer, APIExchange) {
    var exchange = APIExchange(method: request.method.rawValue)
    let text = request.uri.string
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = PercentEncoding.decode(parts.first ?? ""), path.first == "/" else {
      return (APIAnswer(.badRequest("the path of the URL is not percent-encoded rightly")), exchange)
    }
    if request.method == .get, let answer = await openAnswer(path) { return (answer, exchange) }
    do {
      var call = APIRequest(
        method: request.method,
        path: path,
        query: try QueryParameters(parts.count > 1 ? parts[1] : ""),
        headers: request.headers,
        source: context.source,
        subject: try await authenticator.subject(of: request.headers, on: context.channel, now: .now)
      )
      if let other = try Impersonation.subject(request.headers, by: call.subject, authorizer) {
        call.impersonator = call.subject.name
        call.subject = other
      }
      let route = APIRoute(path: path)
      if case .objects(let objectPath) = route {
        let verb = try APIVerb(call.method, objectPath, call.query)
        exchange.verb = verb.rawValue
        call.isAllowedStill = { [call, channel = context.channel] in await self.isAllowed(call, objectPath, verb, channel) }
        return (await answer(call, objectPath, verb, request.body), exchange)
      }
      return (try await answer(call, route), exchange)
    } catch {
      return (APIAnswer(StatusError(error, about: nil)), exchange)
    }
  }

  // MARK: What everybody may see

  private func openAnswer(_ path: String) async -> APIAnswer? {
    switch path {
    case "/healthz", "/livez": return .text("ok")
    case "/readyz": return await readiness()
    default:
      guard let route = routes.first(where: { $0.access == .open && $0.matches(path) }) else { return nil }
      return await answer(route, MountedRoute.Request(path: path, subject: nil) { _ in nil })
    }
  }

  private func readiness() async -> APIAnswer {
    var problems: [String] = []
    for check in health {
      if let problem = await check.problem() { problems.append("\(check.name): \(problem)") }
    }
    return problems.isEmpty ? .text("ok") : .text("not ready\n" + problems.joined(separator: "\n") + "\n", status: 503)
  }

  private func answer(_ route: MountedRoute, _ request: MountedRoute.Request) async -> APIAnswer {
    do {
      let answer = try await route.answer(request)
      var result = APIAnswer(answer.status, contentType: answer.contentType, body: .bytes(answer.body))
      result.headers = answer.headers
      return result
    } catch {
      return APIAnswer(StatusError(error, about: nil))
    }
  }

  // MARK: Objects

  private func answer(_ request: APIRequest, _ path: APIPath, _ verb: APIVerb, _ body: RequestBody) async -> APIAnswer {
    var target = path.target(request.query, verb)
    let answer: APIAnswer
    var failure: (any Error)?
    do {
      let question = AccessQuestion.resource(verb.rawValue, target)
      let decision = authorizer.decide(question, for: request.subject)
      guard decision.isAllowed else { throw StatusError.forbidden(question, request.subject, reason: decision.reason) }
      if verb.isWrite { try audit?.checkWritable() }
      answer = try await perform(request, path, verb, body)
    } catch {
      let status = StatusError(error, about: target)
      if status.code >= 500 { logger.error("a request failed", metadata: ["error": "\(error)", "ropewalk.verb": "\(verb)"]) }
      failure = error
      answer = APIAnswer(status)
    }
    // A new object has its name in the body, or gets one.
    if target.name.isEmpty { target.name = request.created.name }
    if verb.isWrite, Review(path) == nil { record(request, verb, target, answer.status, failure) }
    return answer
  }

  private func isAllowed(_ request: APIRequest, _ path: APIPath, _ verb: APIVerb, _ channel: any Channel) async -> Bool {
    guard let known = try? await authenticator.subject(of: request.headers, on: channel, now: .now),
      let subject = try? Impersonation.subject(request.headers, by: known, authorizer) ?? known, subject == request.subject
    else { return false }
    return authorizer.decide(.resource(verb.rawValue, path.target(request.query, verb)), for: subject).isAllowed
  }

  private func perform(_ request: APIRequest, _ path: APIPath, _ verb: APIVerb, _ body: RequestBody) async throws -> APIAnswer {
    var request = request
    if verb.isWrite { request.body = try await read(body, request) }
    if let review = Review(path) {
      guard verb == .create else { throw StatusError.methodNotAllowed(request.method.rawValue) }
      let document = try RequestDocument.read(request, .ignore, WarningList())
      return .json(try review.answer(document, subject: request.subject, authorizer: authorizer), status: 201)
    }
    guard let type = client.type(group: path.group, version: path.version, plural: path.plural) else { throw StatusError.noSuchPath }
    return try await objects.answer(try ObjectCall(request, path, verb, type))
  }

  /// - Throws: 413 when there is more than a body may have; what was announced as too large is not read at all.
  private func read(_ body: RequestBody, _ request: APIRequest) async throws -> [UInt8] {
    let limit = limits.bodySize
    let error = StatusError.tooLarge("a request has at most \(limit) of body")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit.bytes { throw error }
    var bytes: [UInt8] = []
    for try await part in body {
      guard bytes.count + part.readableBytes <= limit.bytes else { throw error }
      bytes.append(contentsOf: part.readableBytesView)
    }
    return bytes
  }

  private func record(_ request: APIRequest, _ verb: APIVerb, _ target: ResourceTarget, _ status: Int, _ failure: (any Error)?) {
    var record = AuditRecord(
      time: .now,
      subject: request.subject,
      impersonator: request.impersonator,
      verb: verb.rawValue,
      target: target,
      source: request.source,
      status: status,
      isDryRun: request.query["dryRun"] != nil
    )
    if let failure { record.fail(failure) }
    do {
      try audit?.append(record)
    } catch {
      logger.critical("a write is not on the audit log; further ones are refused", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Everything else

  private func answer(_ request: APIRequest, _ route: APIRoute) async throws -> APIAnswer {
    guard request.method == .get else { throw StatusError.methodNotAllowed(request.method.rawValue) }
    let question = AccessQuestion("get", .path(request.path))
    let decision = authorizer.decide(question, for: request.subject)
    guard decision.isAllowed else { throw StatusError.forbidden(question, request.subject, reason: decision.reason) }
    switch route {
    case .version: return .json(ServerVersion.json)
    case .openAPIv2, .openAPIIndex, .openAPI: return try openAPI(route, accept: request.headers[.accept])
    case .objects, .other:
      guard let mounted = routes.first(where: { $0.matches(request.path) }) else { throw StatusError.noSuchPath }
      let query = request.query
      return await answer(mounted, MountedRoute.Request(path: request.path, subject: request.subject) { query[$0] })
    default: return try discovery(route, accept: request.headers[.accept])
    }
  }

  private func discovery(_ route: APIRoute, accept: String?) throws(StatusError) -> APIAnswer {
    let discovery = description.discovery(of: client.types)
    let isAggregated = Discovery.isAggregated(accept: accept)
    switch route {
    case .coreVersions where isAggregated: return .json(discovery.aggregated(core: true), contentType: Discovery.aggregatedContentType)
    case .groups where isAggregated: return .json(discovery.aggregated(core: false), contentType: Discovery.aggregatedContentType)
    case .coreVersions: return .json(discovery.coreVersions)
    case .groups: return .json(discovery.groups)
    case .group(let name):
      guard let group = discovery.group(name) else { throw .noSuchPath }
      return .json(group)
    case .resources(let group, let version):
      guard let list = discovery.resourceList(group: group, version: version) else { throw .noSuchPath }
      return .json(list)
    default: throw .noSuchPath
    }
  }

  private func openAPI(_ route: APIRoute, accept: String?) throws(StatusError) -> APIAnswer {
    _ = try AnswerForm(accept: accept)
    let types = client.types
    switch route {
    case .openAPIv2: return APIAnswer(body: .bytes(description.version2(of: types)))
    case .openAPIIndex: return APIAnswer(body: .bytes(description.index(of: types)))
    case .openAPI(let group, let version):
      guard let document = description.version3(group: group, version: version, of: types) else { throw .noSuchPath }
      return APIAnswer(body: .bytes(document))
    default: throw .noSuchPath
    }
  }
}
