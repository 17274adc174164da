/// Something that must work for the server to be ready: `/readyz` asks it.
package struct HealthCheck: Sendable {
  package var name: String
  /// Nil when all is well, else what is wrong in a few words without secrets.
  package var problem: @Sendable () async -> String?

  package init(_ name: String, problem: @escaping @Sendable () async -> String?) {
    self.name = name
    self.problem = problem
  }
}
