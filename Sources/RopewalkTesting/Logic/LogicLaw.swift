package import RopewalkCore
package import RopewalkPlugins
import Testing

/// The conformance suite of the ``LogicNode`` seam: every implementation's tests run every law.
///
/// ```swift
/// @Test(arguments: LogicLaw.allCases)
/// func law(_ law: LogicLaw) async throws {
///   try await law.verify(LogicLaw.Subject(answers: ["a": .replace(payload: [65])], failing: ("<", .functionInput)) { step })
/// }
/// ```
package enum LogicLaw: String, CaseIterable, Sendable {
  case payloadsHaveTheirAnswers
  case failuresAreTold
  case customersAreApart
  case customersAreServedAtOnce
  case othersDoNotSeeAFailure
  case nothingOfAFailedCallIsSeen

  /// Logic, and what it makes of a customer's first message.
  package struct Subject: Sendable {
    let answers: [(payload: String, outcome: LogicOutcome)]
    /// A payload that it fails on, and how.
    let failing: (payload: String, code: ErrorCode)
    /// A new node that has seen no message.
    let make: @Sendable () async throws -> any LogicNode

    package init(
      answers: KeyValuePairs<String, LogicOutcome>,
      failing: (payload: String, code: ErrorCode),
      make: @escaping @Sendable () async throws -> any LogicNode
    ) {
      self.answers = answers.map { ($0.key, $0.value) }
      self.failing = failing
      self.make = make
    }
  }

  /// Records an issue for each way in which the logic breaks the law.
  package func verify(_ subject: Subject) async throws {
    switch self {
    case .payloadsHaveTheirAnswers: try await subject.verifyAnswers()
    case .failuresAreTold: try await subject.verifyFailures()
    case .customersAreApart: try await subject.verifyCustomersAreApart()
    case .customersAreServedAtOnce: try await subject.verifyCustomersAtOnce()
    case .othersDoNotSeeAFailure: try await subject.verifyOthersDoNotSeeAFailure()
    case .nothingOfAFailedCallIsSeen: try await subject.verifyNothingOfAFailureIsSeen()
    }
  }
}

extension LogicLaw.Subject {
  private static let customers = ["acme", "birch", "cedar"]

  fileprivate func verifyAnswers() async throws {
    for (payload, outcome) in answers {
      try await with { (node) throws in
        #expect(try await node.process(message(payload, of: "acme")) == outcome, "\(payload)")
      }
    }
  }

  fileprivate func verifyFailures() async throws {
    try await with { node in
      for _ in 0..<2 {
        let error = await #expect(throws: LogicError.self) { try await node.process(message(failing.payload, of: "acme")) }
        #expect(error?.code == failing.code)
        #expect(error?.message.isEmpty == false)
      }
    }
  }

  /// Taking turns, each has the answers of somebody who is alone.
  fileprivate func verifyCustomersAreApart() async throws {
    let expected = try await alone()
    try await with { node in
      var outcomes: [String: [LogicOutcome]] = [:]
      for payload in script {
        for customer in Self.customers { outcomes[customer, default: []].append(try await node.process(message(payload, of: customer))) }
      }
      for customer in Self.customers { #expect(outcomes[customer] == expected, "\(customer)") }
    }
  }

  fileprivate func verifyCustomersAtOnce() async throws {
    let expected = try await alone()
    try await with { node in
      try await withThrowingTaskGroup(of: [LogicOutcome].self) { group in
        for number in 0..<20 {
          group.addTask { try await outcomes(on: node, of: "customer-\(number)") }
        }
        for try await outcomes in group { #expect(outcomes == expected) }
      }
    }
  }

  fileprivate func verifyOthersDoNotSeeAFailure() async throws {
    let expected = try await alone()
    try await with { node in
      var outcomes: [LogicOutcome] = []
      for payload in script {
        outcomes.append(try await node.process(message(payload, of: "acme")))
        await #expect(throws: LogicError.self) { try await node.process(message(failing.payload, of: "birch")) }
      }
      #expect(outcomes == expected)
    }
  }

  /// After a failure a customer begins anew.
  fileprivate func verifyNothingOfAFailureIsSeen() async throws {
    let expected = try await alone()
    try await with { (node) throws in
      for _ in 0..<2 {
        await #expect(throws: LogicError.self) { try await node.process(message(failing.payload, of: "acme")) }
        #expect(try await outcomes(on: node, of: "acme") == expected)
      }
    }
  }

  // MARK: Help

  /// Twice over, so that logic that remembers shows it.
  private var script: [String] { answers.map(\.payload) + answers.map(\.payload) }

  private func message(_ payload: String, of customer: String) -> Message {
    Message(payload: Array(payload.utf8), metadata: MessageMetadata(customerID: customer, tenantID: "default", integrationID: "orders"))
  }

  private func outcomes(on node: any LogicNode, of customer: String) async throws -> [LogicOutcome] {
    var outcomes: [LogicOutcome] = []
    for payload in script { outcomes.append(try await node.process(message(payload, of: customer))) }
    return outcomes
  }

  /// The answers of somebody who has a node to himself.
  private func alone() async throws -> [LogicOutcome] {
    try await with { node in try await outcomes(on: node, of: "acme") }
  }

  private func with<Result>(_ body: (any LogicNode) async throws -> Result) async throws -> Result {
    let node = try await make()
    do {
      let result = try await body(node)
      await node.shutdown()
      return result
    } catch {
      await node.shutdown()
      throw error
    }
  }
}
