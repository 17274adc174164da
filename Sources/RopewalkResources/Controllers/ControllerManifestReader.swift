import RopewalkCore
import RopewalkPlugins

/// Reads one controller; nil after reporting what keeps it from being one.
struct ControllerManifestReader {
  static let keys = ["name", "type", "path", "version", "language", "description", "enabled", "failurePolicy", "security", "config"]
  private static let configKeys = [
    "for_types", "capabilities", "settings", "memory_pages", "max_memory_pages", "timeout", "admission_timeout",
    "max_concurrent_reconciles", "http",
  ]
  private static let securityKeys = [
    "allowedResources", "allowedVerbs", "allowedNamespaces", "maxConcurrentRequests", "requestsPerSecond", "maxObjectSize",
  ]

  private enum Runtime: String, CaseIterable { case wasm }

  let file: String

  func read(_ field: YAMLField) -> ControllerManifest? {
    let errorCount = field.findings.errorCount
    guard let map = field.map(keys: Self.keys, example: "{ name: items, type: wasm, path: ./items.wasm }") else { return nil }
    let name = map.required("name", example: "item-validator")?.name(example: "item-validator")
    let path = map.required("path", example: "./item-validator.wasm").flatMap(readPath)
    let _: Runtime? = map["type"]?.word("a runtime of controllers")
    guard let name, let path else { return nil }
    var manifest = ControllerManifest(name: name, path: path, mark: field.mark)
    var declaration = field.node.json.object ?? JSONObject()
    declaration["name"] = nil
    declaration["path"] = .string(path)
    manifest.declaration = declaration
    manifest.version = map["version"]?.string("a version", example: "\"v1.0.0\"") ?? ""
    manifest.language = map["language"]?.string("a language", example: "rust") ?? ""
    manifest.grants = map["security"].flatMap(readGrants)
    manifest.isEnabled = map.bool("enabled", default: true)
    manifest.failurePolicy = map["failurePolicy"]?.word("a failure policy") ?? manifest.failurePolicy
    if let config = map["config"] { read(config, into: &manifest) }
    return field.findings.errorCount == errorCount ? manifest : nil
  }

  private func readPath(_ field: YAMLField) -> String? {
    guard let text = field.string("a path", example: "./item-validator.wasm") else { return nil }
    guard [".wasm", ".ts", ".js", ".mjs"].contains(where: text.hasSuffix) else {
      field.error("\(field.node.found) is neither a WASM module nor a script", remedy: "name a .wasm, .ts, .js or .mjs file")
      return nil
    }
    let path = FileContents.resolve(text, besideFile: file)
    guard FileContents.exists(path) else {
      field.error("\(path) does not exist", remedy: "write a path relative to the folder of this file")
      return nil
    }
    return path
  }

  private func read(_ field: YAMLField, into manifest: inout ControllerManifest) {
    guard let map = field.map(keys: Self.configKeys, example: "{ settings: { max_depth: 10 } }") else { return }
    manifest.kinds = map["for_types"]?.list(limit: 100, example: "a list: [\"inventory.example.com/v1.Item\"]")?.compactMap(readKind)
    manifest.capabilities = (map["capabilities"]?.list(limit: 20, example: "a list: [reconcile]")).map { items in
      Set(items.compactMap { $0.word("a capability of controllers", of: ControllerCapability.self) })
    }
    if let settings = map["settings"], settings.entries(example: "{ max_depth: 10 }") != nil {
      manifest.settings = settings.node.json.object ?? JSONObject()
    }
    var limits = manifest.limits
    limits.maxMemoryPages = map.int("max_memory_pages", in: 1...16_384, default: limits.maxMemoryPages)
    limits.memoryPages = map.int("memory_pages", in: 1...16_384, default: min(limits.memoryPages, limits.maxMemoryPages))
    if limits.memoryPages > limits.maxMemoryPages {
      map["memory_pages"]?.error(
        "\(limits.memoryPages) pages from the start are more than the \(limits.maxMemoryPages) of max_memory_pages",
        remedy: "raise max_memory_pages"
      )
    }
    limits.timeout = map.duration("timeout", in: .milliseconds(1) ... .seconds(600), default: limits.timeout)
    limits.admissionTimeout = map.duration("admission_timeout", in: .milliseconds(1) ... .seconds(30), default: limits.admissionTimeout)
    limits.maxConcurrentReconciles = map.int("max_concurrent_reconciles", in: 1...64, default: limits.maxConcurrentReconciles)
    manifest.limits = limits
    manifest.http = map["http"].map { StepConfig.policy($0) } ?? manifest.http
  }

  private func readKind(_ field: YAMLField) -> KindReference? {
    guard let text = field.string("a kind", example: "inventory.example.com/v1alpha1.Category") else { return nil }
    if let kind = KindReference(text) { return kind }
    field.error("\(field.node.found) names no kind", remedy: "write group/version.Kind, such as inventory.example.com/v1alpha1.Category")
    return nil
  }

  private func readGrants(_ field: YAMLField) -> ControllerGrants? {
    guard let map = field.map(keys: Self.securityKeys, example: "{ allowedResources: [items], allowedVerbs: [get] }") else { return nil }
    let resources = (map["allowedResources"]?.list(limit: 100, example: "a list: [items]") ?? []).compactMap {
      $0.string("the plural of a kind", example: "items")
    }
    let verbs = (map["allowedVerbs"]?.list(limit: 20, example: "a list: [get, list]") ?? []).compactMap {
      $0.word("a verb", of: ControllerGrants.Verb.self)
    }
    var grants = ControllerGrants(resources: resources, verbs: Set(verbs))
    let namespaces = map["allowedNamespaces"]?.list(limit: 1000, example: "a list: [default]")?.compactMap {
      $0.string("a namespace", example: "default")
    }
    if let namespaces, !namespaces.contains("*") { grants.namespaces = namespaces }
    grants.maxConcurrentRequests = map.int("maxConcurrentRequests", in: 1...1000, default: grants.maxConcurrentRequests)
    grants.requestsPerSecond = map.int("requestsPerSecond", in: 1...100_000, default: grants.requestsPerSecond)
    grants.maxObjectSize = map.size("maxObjectSize", in: ByteCount(1)...ByteCount.mebibytes(3), default: grants.maxObjectSize)
    return grants
  }
}
