package import RopewalkCore
package import RopewalkResources

/// A controller's way to objects, held to what it was granted: kinds, verbs, namespaces, requests at once and a second,
/// sizes. Requests and answers are JSON, as docs/controller-abi.md has them.
///
/// Whatever is refused is refused with a typed error, and told to `onRefusal`. Every request runs as the controller's own
/// subject, so that an authorizer can hold it to rules of its own.
package final class GrantedClient: Sendable {
  /// Objects in one page of a list, at most. What is asked beyond it is cut to it.
  package static let maxPage = 500

  /// Whether a subject may do something; returns why not.
  package typealias Authorize = @Sendable (_ subject: Subject, _ verb: String, _ target: ResourceTarget) async -> String?

  package struct Settings: Sendable {
    package var controller: String
    package var grants: ControllerGrants
    package var capabilities: Set<ControllerCapability>
    /// How long one request may take. Default 10 s.
    package var requestTimeout: Duration = .seconds(10)

    package init(controller: String, grants: ControllerGrants, capabilities: Set<ControllerCapability>) {
      self.controller = controller
      self.grants = grants
      self.capabilities = capabilities
    }
  }

  /// One refused request, for the audit log.
  package struct Refusal: Sendable, Equatable {
    package var subject: Subject
    package var verb: String
    package var target: ResourceTarget
    package var reason: String
  }

  let client: any ResourceClient
  let settings: Settings
  let subject: Subject
  private let admittance: RequestAdmittance
  private let authorize: Authorize?
  private let onRefusal: @Sendable (Refusal) -> Void
  let events: EventRecorder

  /// - Parameter authorize: nil where no authorizer is on.
  package init(
    _ client: any ResourceClient,
    settings: Settings,
    stopwatch: Stopwatch = Stopwatch(),
    authorize: Authorize? = nil,
    onRefusal: @escaping @Sendable (Refusal) -> Void
  ) {
    self.client = client
    self.settings = settings
    self.subject = Subject(name: "system:controller:\(settings.controller)", groups: ["system:controllers"])
    self.admittance = RequestAdmittance(
      maxConcurrent: settings.grants.maxConcurrentRequests,
      perSecond: settings.grants.requestsPerSecond,
      stopwatch: stopwatch
    )
    self.authorize = authorize
    self.onRefusal = onRefusal
    self.events = EventRecorder(client, component: settings.controller)
  }

  /// Answers one request.
  /// - Throws: `RopewalkError`: `client.denied`, `client.invalid`, `client.overloaded`, `client.timeout`, or what the
  ///   objects' own rules say.
  /// - Parameter size: the request's bytes, if it was text: no object in it is larger.
  package func answer(_ request: JSON, size: Int = .max) async throws -> JSON {
    let request = try ClientRequest(request, types: client)
    do {
      try await check(request, size: size)
      return try await admittance.admitted { try await self.withinTime { try await self.perform(request) } }
    } catch let error as RopewalkError where error.code == .clientDenied {
      let (verb, target) = request.question
      onRefusal(Refusal(subject: subject, verb: verb, target: target, reason: error.message))
      throw error
    }
  }

  private func check(_ request: ClientRequest, size: Int) async throws {
    if let reason = settings.grants.refusal(of: request, settings.capabilities) {
      throw RopewalkError(.clientDenied, "the controller '\(settings.controller)' \(reason)")
    }
    let limit = settings.grants.maxObjectSize.bytes
    if size > limit, let object = request.object, object.json.serialised().count > limit {
      throw RopewalkError(.clientDenied, "the object is larger than the \(settings.grants.maxObjectSize) of maxObjectSize")
    }
    guard let authorize else { return }
    let (verb, target) = request.question
    if let reason = await authorize(subject, verb, target) {
      throw RopewalkError(.clientDenied, reason)
    }
  }

  private func withinTime(_ body: @escaping @Sendable () async throws -> JSON) async throws -> JSON {
    let limit = settings.requestTimeout
    guard let answer = try await withTimeLimit(limit, body) else {
      throw RopewalkError(.clientTimeout, "the request took longer than \(limit.shortText)")
    }
    return answer
  }
}

extension ErrorCode {
  /// The controller was not granted what it asked for.
  package static let clientDenied = ErrorCode("client.denied", .denied)
  /// The request is none, or names a kind that there is not.
  package static let clientInvalid = ErrorCode("client.invalid", .invalid)
  /// More requests at once, or a second, than the controller may make.
  package static let clientOverloaded = ErrorCode("client.overloaded", .overloaded)
  package static let clientTimeout = ErrorCode("client.timeout", .timeout)
}
