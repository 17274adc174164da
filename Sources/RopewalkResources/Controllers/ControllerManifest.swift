package import RopewalkCore
package import RopewalkPlugins

/// A controller in WASM as it was declared: in a `*-plugin.yaml`, in a `wasm-plugins.yaml`, or as a `Controller` object.
package struct ControllerManifest: Sendable, Equatable {
  package var name: String
  /// The module (`.wasm`) or script (`.ts`, `.js`, `.mjs`), resolved against the manifest's folder.
  package var path: String
  /// As written, such as `v1.0.0`; empty when nobody said it.
  package var version: String
  /// What the author says it is written in; only shown.
  package var language: String
  /// The kinds whose objects it is given; nil leaves that to the module's own `metadata`.
  package var kinds: [KindReference]?
  /// What it may do; nil leaves that to the module's own `metadata`.
  package var capabilities: Set<ControllerCapability>?
  /// Nil when there is no `security`: then it may reach its own kinds and events, and delete nothing.
  package var grants: ControllerGrants?
  package var settings: JSONObject
  /// Whether it runs. Default true.
  package var isEnabled = true
  package var limits: ControllerManifestLimits
  package var failurePolicy: FailurePolicy
  /// What it may reach over HTTP; nothing where no host is allowed.
  package var http: OutboundHTTP.Policy
  /// The declaration without its name and with an absolute path, as a `Controller` object's `spec` has it.
  package var declaration = JSONObject()
  /// Where it was declared.
  package var mark: SourceMark?

  package init(
    name: String,
    path: String,
    version: String = "",
    language: String = "",
    kinds: [KindReference]? = nil,
    capabilities: Set<ControllerCapability>? = nil,
    grants: ControllerGrants? = nil,
    settings: JSONObject = JSONObject(),
    limits: ControllerManifestLimits = ControllerManifestLimits(),
    failurePolicy: FailurePolicy = .fail,
    http: OutboundHTTP.Policy = OutboundHTTP.Policy(),
    mark: SourceMark? = nil
  ) {
    self.name = name
    self.path = path
    self.version = version
    self.language = language
    self.kinds = kinds
    self.capabilities = capabilities
    self.grants = grants
    self.settings = settings
    self.limits = limits
    self.failurePolicy = failurePolicy
    self.http = http
    self.mark = mark
  }
}

/// What is done about a write when a controller that should look at it cannot.
package enum FailurePolicy: String, Sendable, CaseIterable { case fail = "Fail", ignore = "Ignore" }

/// What a controller's functions and client are for. Each is enforced: without it the function is not called, or the
/// request is refused.
package enum ControllerCapability: String, Sendable, CaseIterable {
  /// `reconcile` is called for its kinds.
  case reconcile
  /// `validate_create` and `validate_update` are called for its kinds.
  case validation
  /// `set_defaults` is called for its kinds.
  case defaulting
  /// Its client may write `status`.
  case statusUpdate = "status_update"
  /// Its client may change `metadata.finalizers`.
  case finalization
  /// Its validation is told who writes, and looks at every kind that it is allowed, events aside.
  case admission
}

/// A kind, written `inventory.example.com/v1alpha1.Category`.
package struct KindReference: Sendable, Hashable, CustomStringConvertible {
  package var apiVersion: String
  package var kind: String

  package init(apiVersion: String, kind: String) {
    self.apiVersion = apiVersion
    self.kind = kind
  }

  /// Nil for a text that names no kind.
  package init?(_ text: String) {
    guard let dot = text.lastIndex(of: ".") else { return nil }
    apiVersion = String(text[..<dot])
    kind = String(text[text.index(after: dot)...])
    guard !apiVersion.isEmpty, let first = kind.first, first.isUppercase, first.isASCII,
      kind.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 }),
      !apiVersion.hasPrefix("/"), !apiVersion.hasSuffix("/"), apiVersion.count(where: { $0 == "/" }) <= 1
    else { return nil }
  }

  package var description: String { "\(apiVersion).\(kind)" }
}

/// The bounds that a manifest sets.
package struct ControllerManifestLimits: Sendable, Equatable {
  /// `memory_pages`: pages of 64 KiB that the module may have from the start. Default 256.
  package var memoryPages = 256
  /// `max_memory_pages`: pages that it may ever have. Default 1,024.
  package var maxMemoryPages = 1024
  /// `timeout`: of one `reconcile`. Default 30 s.
  package var timeout: Duration = .seconds(30)
  /// `admission_timeout`: of what is asked before a write. Default 2 s.
  package var admissionTimeout: Duration = .seconds(2)
  /// `max_concurrent_reconciles`: each has an instance of its own. Default 1.
  package var maxConcurrentReconciles = 1

  package init() {}
}

/// What a controller's client may do: all of it must hold for a request to be made.
package struct ControllerGrants: Sendable, Equatable {
  package enum Verb: String, Sendable, CaseIterable { case get, list, create, update, patch, delete, status, event }

  /// Plurals such as `items`, or `items.inventory.example.com` where groups share one; `*` for all.
  package var resources: [String]
  package var verbs: Set<Verb>
  /// Nil for all.
  package var namespaces: [String]?
  /// Requests at once. Default 10.
  package var maxConcurrentRequests = 10
  /// Requests a second, as many at once. Default 100.
  package var requestsPerSecond = 100
  /// The largest object that it may write. Default 1 MiB.
  package var maxObjectSize = ByteCount.mebibytes(1)

  package init(resources: [String], verbs: Set<Verb>, namespaces: [String]? = nil) {
    self.resources = resources
    self.verbs = verbs
    self.namespaces = namespaces
  }
}
