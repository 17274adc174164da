import RopewalkCore
import RopewalkResources

/// What a change of an integration asks of the one that runs.
enum IntegrationChange: Equatable {
  /// Nothing that matters to it.
  case none
  /// Other steps, or what customers have of their own: they are replaced while messages pass.
  case steps
  /// Anything else: another run takes the place of this one.
  case everything

  /// - Parameters:
  ///   - old: what runs.
  ///   - new: what is wanted.
  init(from old: DeclaredIntegration, to new: DeclaredIntegration) {
    if old.spec == new.spec, old.secrets == new.secrets, old.customers == new.customers {
      self = .none
    } else if Self.withoutSteps(old.spec) == Self.withoutSteps(new.spec), old.connections == new.connections {
      self = .steps
    } else {
      self = .everything
    }
  }

  private static func withoutSteps(_ spec: JSON?) -> JSON? {
    guard var spec = spec?.object else { return spec }
    for key in ["steps", "converter", "filter"] { spec[key] = nil }
    switch spec["outgoing"] {
    case .array(let list): spec["outgoing"] = .array(list.compactMap(withoutSteps))
    case .some(let one): spec["outgoing"] = withoutSteps(one)
    case nil: break
    }
    return .object(spec)
  }
}

/// An integration as its object declares it, read and with everything filled in.
struct DeclaredIntegration: Sendable {
  var integration: Integration
  var generation: Int
  var uid: String
  /// As it is written; references are not filled in.
  var spec: JSON?
  /// What the references stand for.
  var secrets: [String: Secret]
  /// What customers have of their own, by id.
  var customers: [String: DeclaredCustomer] = [:]
  /// The generations of the `Customer` objects that were read, or of those before them, by their uids.
  var seenCustomers: [String: Int] = [:]
}

extension DeclaredIntegration {
  /// What of a connection does not stand in the spec as it is written. Names that are not given are made of those of the
  /// steps and connections around, so a change of steps can change them; and it
  /// can make the operator's word another's.
  fileprivate struct Connection: Equatable {
    var name: String
    var settings: JSONObject
    var credentials: [String: Secret]
    /// With the variables of its process.
    var runtime: ConnectorRuntime
    var fence: FolderFence?
  }

  fileprivate var connections: [Connection] {
    let spec = integration.spec
    let connections = spec.incoming + spec.outgoing.map(\.connection) + [spec.alerts.webhook].compactMap(\.self)
    return connections.map {
      Connection(name: $0.name, settings: $0.settings, credentials: $0.credentials, runtime: $0.runtime, fence: $0.fence)
    }
  }
}
