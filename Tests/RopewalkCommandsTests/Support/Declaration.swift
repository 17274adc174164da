import RopewalkCore

/// What tests declare, in the words of a user's files.
enum Declaration {
  /// - Parameter spec: what stands in the integration's `spec` besides its customer.
  static func integration(_ name: String, customer: String = "acme", _ spec: String) -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: \(name) }
    spec:
      customer: \(customer)
    \(spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n"))
    """
  }

  /// An integration whose webhook takes what comes at an endpoint.
  /// - Parameter spec: what else stands in its `spec`.
  static func webhook(
    _ name: String = "orders",
    port: Int,
    endpoint: String = "/",
    customer: String = "acme",
    _ spec: String
  ) -> String {
    integration(
      name,
      customer: customer,
      """
      incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: \(endpoint) } }
      \(spec)
      """
    )
  }

  /// Orders over a total go to a file, marked with the version that let them pass.
  static func orders(port: Int, over total: Int, version: String, to path: String = "./orders.jsonl") -> String {
    orders(port: port, if: "order.total > \(total)", version: version, to: path)
  }

  /// The same with another condition, in JavaScript, on `order`.
  static func orders(port: Int, if condition: String, version: String, to path: String) -> String {
    webhook(
      port: port,
      endpoint: "/orders",
      """
      filter:
        type: wasm
        inline: |
          export function process(order: Message): Message {
            if (\(condition)) {
              order.version = "\(version)";
              return order;
            }
          }
      outgoing: { type: file, config: { path: "\(path)" } }
      """
    )
  }

  static func customer(_ name: String, _ spec: String) -> String {
    "apiVersion: ropewalk.dev/v1\nkind: Customer\nmetadata: { name: \(name) }\nspec: \(spec)\n"
  }
}

extension Folder {
  /// Writes an integration behind a webhook on a free port into a file of its name, and returns the port.
  func declareWebhook(named name: String = "orders", endpoint: String = "/", customer: String = "acme", _ spec: String) throws -> Int {
    let port = try FreePort.next()
    try write("\(name).yaml", Declaration.webhook(name, port: port, endpoint: endpoint, customer: customer, spec))
    return port
  }
}
