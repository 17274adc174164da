import RopewalkCore
import RopewalkPlugins

/// Reads the `config` of a step, references filled in.
struct StepConfig {
  static let wasmKeys = ["timeout", "memoryLimit", "cpuWeight", "maxOutputSize", "capabilities", "http", "settings"]
  /// What counts for a built-in function: it runs neither in a sandbox nor for a customer of its own.
  static let functionKeys = ["timeout", "maxOutputSize", "settings"]
  private static let httpKeys = [
    "allow", "allowPrivateAddresses", "timeout", "maxResponseSize", "maxRequestSize", "maxCalls", "maxRedirects",
  ]

  let field: YAMLField
  let isFunction: Bool

  /// - Returns: whether `settings` are those that are meant, whatever is wrong beside them.
  func read(into step: inout StepSpec) -> Bool {
    let hints = isFunction ? Self.functionHints : Self.wasmHints
    let ownErrorCount = field.findings.ownErrorCount
    guard let map = field.map(keys: isFunction ? Self.functionKeys : Self.wasmKeys, hints: hints, example: "{ timeout: 5s }") else {
      return false
    }
    // Where there are none, an unknown key may be meant for them, or to be them.
    var areSettingsSound = map.has("settings") || field.findings.ownErrorCount == ownErrorCount
    step.limits.timeout = map.duration("timeout", in: IntegrationRanges.stepTimeout, default: step.limits.timeout)
    step.limits.maxOutputSize = map.size("maxOutputSize", in: IntegrationRanges.maxOutputSize, default: step.limits.maxOutputSize)
    if let settings = map["settings"] {
      areSettingsSound = settings.entries(example: "{ currency: EUR }") != nil
      step.settings = settings.node.json.object ?? JSONObject()
    }
    guard !isFunction else { return areSettingsSound }
    step.limits.memoryLimit = map.size("memoryLimit", in: IntegrationRanges.memoryLimit, default: step.limits.memoryLimit)
    step.limits.cpuWeight = map.int("cpuWeight", in: IntegrationRanges.cpuWeight, default: step.limits.cpuWeight)
    step.http = map["http"].map { Self.policy($0) } ?? step.http
    let errorCount = field.findings.errorCount
    step.capabilities = Self.capabilities(map["capabilities"])
    if field.findings.errorCount == errorCount { checkReach(map, step) }
    return areSettingsSound
  }

  private static let functionHints = Dictionary(
    uniqueKeysWithValues: ["memoryLimit", "cpuWeight", "capabilities", "http"].map {
      ($0, "it means nothing to a built-in function; remove it")
    }
  )

  private static let wasmHints = Dictionary(
    uniqueKeysWithValues: ["allow", "allowPrivateAddresses", "maxCalls", "maxRedirects", "maxResponseSize", "maxRequestSize"].map {
      ($0, "put it under http")
    }
  )

  static func capabilities(_ field: YAMLField?) -> Set<Capability> {
    let items = field?.list(limit: 100, example: "a list: [Log, Transform]") ?? []
    return Set(items.compactMap { $0.word("a capability", of: Capability.self) })
  }

  static func policy(_ field: YAMLField) -> OutboundHTTP.Policy {
    var policy = OutboundHTTP.Policy()
    guard let map = field.map(keys: httpKeys, example: "{ allow: [api.example.com] }") else { return policy }
    let hosts = map["allow"]?.list(limit: IntegrationRanges.allowedHosts, example: "a list: [api.example.com]") ?? []
    policy.allowedHosts = hosts.compactMap(host)
    policy.allowsPrivateAddresses = map.bool("allowPrivateAddresses", default: policy.allowsPrivateAddresses)
    policy.timeout = map.duration("timeout", in: IntegrationRanges.httpTimeout, default: policy.timeout)
    policy.maxResponseSize = map.size("maxResponseSize", in: IntegrationRanges.httpSize, default: policy.maxResponseSize)
    policy.maxRequestSize = map.size("maxRequestSize", in: IntegrationRanges.httpSize, default: policy.maxRequestSize)
    policy.maxCallsPerMessage = map.int("maxCalls", in: IntegrationRanges.httpCalls, default: policy.maxCallsPerMessage)
    policy.maxRedirects = map.int("maxRedirects", in: IntegrationRanges.httpRedirects, default: policy.maxRedirects)
    return policy
  }

  /// `host`, `host:port`, `*.suffix`, `[::1]:8080`.
  private static func host(_ field: YAMLField) -> String? {
    guard let text = field.string("a host", example: "api.example.com") else { return nil }
    if isHost(text) { return text }
    let remedy: String
    if let scheme = field.shown.firstRange(of: "://") {
      remedy = "write the host alone: \(field.shown[scheme.upperBound...].prefix { $0 != "/" })"
    } else {
      remedy = "write api.example.com, api.example.com:8443 or *.example.com"
    }
    field.error("\(field.node.found) is no host", remedy: remedy)
    return nil
  }

  private static func isHost(_ text: String) -> Bool {
    var host = text[...]
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[...end]
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
    }
    let port = text[host.endIndex...]
    guard port.isEmpty || (port.first == ":" && UInt16(port.dropFirst()).map { $0 > 0 } == true) else { return false }
    if host.hasPrefix("[") { return host.count > 2 && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
    let labels = (host.hasPrefix("*.") ? host.dropFirst(2) : host).split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= 260
      && labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") } }
  }

  private func checkReach(_ map: YAMLMap, _ step: StepSpec) {
    let isGranted = step.capabilities.contains(.httpCall)
    if isGranted, step.http.allowedHosts.isEmpty, map["http"]?.hasMember("allow") != true {
      map["capabilities"]?.warning("HTTPCall is granted, but no host may be reached", remedy: "add http: { allow: [api.example.com] }")
    }
    if !isGranted {
      map["http"]?.warning("HTTPCall is not granted, so nothing may be called", remedy: "add HTTPCall to capabilities")
    }
  }
}
