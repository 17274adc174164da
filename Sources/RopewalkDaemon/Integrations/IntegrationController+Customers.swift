import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Synchronization

/// Saying how customers are: one is served as it is declared when all integrations of its namespace and tenant do so.
extension IntegrationController {
  /// What an integration of the customer's namespace makes of it.
  private struct Serving {
    var name: String
    var declared: DeclaredIntegration
    /// By the customers' ids.
    var problems: [String: String]
  }

  /// Writes at each customer of a namespace how it is, where that is new and all its integrations have seen its declaration.
  func reportCustomers(in namespace: String) async throws {
    let serving = serving(namespace)
    var owners: [[String]: String] = [:]
    for object in try await client.list(ResourceQuery(.customers, namespace: namespace)).items {
      let (customer, name) = (CustomerDeclaration(object), object.metadata.name)
      // Of several with one id the first counts.
      let owner = owners[[customer.tenant, customer.id]] ?? name
      owners[[customer.tenant, customer.id]] = owner
      guard status(of: object, owner, serving) != object.status else { continue }
      do {
        // Others may have looked meanwhile: what is known when it is written is what counts.
        _ = try await client.modify(ResourceKey(.customers, namespace: namespace, name: name), .status, options: WriteOptions()) {
          $0.status = self.status(of: $0, owner, self.serving(namespace))
        }
      } catch let error as RopewalkError where error.code == .resourceNotFound {}
    }
  }

  private func serving(_ namespace: String) -> [Serving] {
    let deployments = deployments.withLock { $0.filter { $0.key.namespace == namespace } }
    return deployments.sorted { $0.key.name < $1.key.name }.compactMap { key, deployment in
      deployment.applied.map { Serving(name: key.name, declared: $0, problems: deployment.customerProblems) }
    }
  }

  private func status(of object: Resource, _ owner: String, _ serving: [Serving]) -> JSON? {
    let customer = CustomerDeclaration(object)
    let (uid, generation) = (object.metadata.uid, object.metadata.generation)
    let own = serving.filter { $0.declared.integration.spec.tenant == customer.tenant }
    guard own.allSatisfy({ $0.declared.seenCustomers[uid] == generation }) else { return object.status }
    var status = object.status?.object ?? JSONObject()
    status["observedGeneration"] = .number(JSONNumber(generation))
    status.set([ready(customer, owner, own)], observedGeneration: generation, at: stopwatch.timestamp)
    return .object(status)
  }

  private func ready(_ customer: CustomerDeclaration, _ owner: String, _ serving: [Serving]) -> Condition {
    func no(_ reason: String, _ message: String) -> Condition {
      Condition(IntegrationStatus.ready, is: false, reason: reason, message: String(message.prefix(IntegrationStatus.maxMessage)))
    }
    guard owner == customer.name else {
      return no("IDTaken", "the Customer \(owner) has the id '\(customer.id)' already; give this one another")
    }
    guard !serving.isEmpty else {
      return Condition(IntegrationStatus.ready, .unknown, reason: "NoIntegration", message: "no integration serves it")
    }
    let problems = serving.compactMap { integration in integration.problems[customer.id].map { "\(integration.name): \($0)" } }
    guard problems.isEmpty else { return no("NotServed", problems.joined(separator: "; ")) }
    return customer.isSuspended
      ? no("Suspended", "its messages are refused") : Condition(IntegrationStatus.ready, is: true, reason: "Served")
  }
}
