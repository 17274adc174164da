import RopewalkCore

extension IntegrationReader {
  func readLimits(_ field: YAMLField) -> PipelineLimits {
    let keys = ["queuePerCustomer", "queue", "maxPayloadSize", "drainTimeout", "memory"]
    let defaults = PipelineLimits()
    guard let map = field.map(keys: keys, example: "{ queuePerCustomer: 1000 }") else { return defaults }
    var limits = PipelineLimits(
      queuePerCustomer: map.int("queuePerCustomer", in: IntegrationRanges.queuePerCustomer, default: defaults.queuePerCustomer),
      queue: map.int("queue", in: IntegrationRanges.queue, default: defaults.queue),
      maxPayloadSize: map.size("maxPayloadSize", in: IntegrationRanges.maxPayloadSize, default: defaults.maxPayloadSize),
      drainTimeout: map.duration("drainTimeout", in: IntegrationRanges.drainTimeout, default: defaults.drainTimeout),
      memory: map["memory"].map { readMemory($0) } ?? defaults.memory
    )
    if limits.queuePerCustomer > limits.queue {
      if let own = map["queuePerCustomer"] {
        own.error(
          "\(limits.queuePerCustomer) is more than the queue of all customers, \(limits.queue)",
          remedy: "raise limits.queue or lower this"
        )
      }
      limits.queuePerCustomer = limits.queue
    }
    return limits
  }

  private func readMemory(_ field: YAMLField) -> MemoryLimits {
    let defaults = MemoryLimits()
    let keys = ["messagesPerCustomer", "messages", "sizePerCustomer", "size"]
    guard let map = field.map(keys: keys, example: "{ messages: 10000, size: 64Mi }") else { return defaults }
    return MemoryLimits(
      messagesPerCustomer: map.int("messagesPerCustomer", in: IntegrationRanges.messagesInMemory, default: defaults.messagesPerCustomer),
      messages: map.int("messages", in: IntegrationRanges.messagesInMemory, default: defaults.messages),
      sizePerCustomer: map.size("sizePerCustomer", in: IntegrationRanges.sizeInMemory, default: defaults.sizePerCustomer),
      size: map.size("size", in: IntegrationRanges.sizeInMemory, default: defaults.size)
    )
  }

  /// Nil for the customer alone; a broken one is reported.
  func readOrderingKey(_ spec: YAMLMap, _ ordering: Ordering) -> OrderingKey? {
    let example = "{ header: X-Order-ID } or { pointer: /order/id }"
    guard let field = spec["orderingKey"], let map = field.map(keys: ["header", "pointer"], example: example) else { return nil }
    if ordering != .key { field.error("it means nothing with ordering: \(ordering.rawValue)", remedy: "write ordering: key, or remove it") }
    switch (map["header"], map["pointer"]) {
    case (let header?, nil):
      guard let name = header.string("the name of a header", example: "X-Order-ID") else { return nil }
      if Self.isHeaderName(name) { return .header(name) }
      header.error("\(header.node.found) cannot be the name of a header", remedy: "write one such as X-Order-ID")
    case (nil, let pointer?):
      guard let text = pointer.string("a JSON Pointer", example: "/order/id") else { return nil }
      if let parsed = JSONPointer(text) { return .pointer(parsed) }
      pointer.error("\(pointer.node.found) is no JSON Pointer", remedy: "write one such as /order/id")
    case (_?, let pointer?):
      pointer.error("header and pointer cannot both be here", remedy: "keep one of them")
    case (nil, nil):
      if field.node.isEmptyMap { field.error("the key is empty", remedy: "write \(example)") }
    }
    return nil
  }

  /// Nil for `circuitBreaker: off`.
  func readCircuitBreaker(_ destination: YAMLMap) -> CircuitBreakerPolicy? {
    let defaults = CircuitBreakerPolicy()
    guard let field = destination["circuitBreaker"] else { return defaults }
    let example = "{ failures: 10, openFor: 30s }"
    guard case .map = field.node.content else {
      guard let text = field.string("off or a map", example: example) else { return defaults }
      if text != "off" { field.error("\(field.node.found) is neither off nor a map", remedy: "write off, or \(example)") }
      return nil
    }
    guard let map = field.map(keys: ["failures", "window", "openFor", "probes"], example: example) else { return defaults }
    return CircuitBreakerPolicy(
      failures: map.int("failures", in: IntegrationRanges.circuitFailures, default: defaults.failures),
      window: map.duration("window", in: IntegrationRanges.circuitTime, default: defaults.window),
      openFor: map.duration("openFor", in: IntegrationRanges.circuitTime, default: defaults.openFor),
      probes: map.int("probes", in: IntegrationRanges.circuitProbes, default: defaults.probes)
    )
  }
}
