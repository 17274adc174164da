public import RopewalkCore

/// Where a map of the file and its members stand.
public struct SettingPlaces: Sendable, Equatable {
  /// The field of the map, such as `spec.incoming[0].config`.
  public var field: String
  public var marks: [[String]: SourceMark]
  /// The values with a `${SECRET:…}` or `${ENV:…}` that was left as it is (``ReferenceResolver/Missing/leave``):
  /// what a connector finds wrong with one of them says nothing.
  public var unresolved: Set<[String]>

  public init(field: String = "", marks: [[String]: SourceMark] = [:], unresolved: Set<[String]> = []) {
    self.field = field
    self.marks = marks
    self.unresolved = unresolved
  }

  /// The place of a member, or of the nearest thing around it.
  public func mark(for path: [String]) -> SourceMark? {
    var path = path[...]
    while true {
      if let mark = marks[Array(path)] { return mark }
      guard !path.isEmpty else { return nil }
      path = path.dropLast()
    }
  }

  /// `spec.incoming[0].config.tls.certificate`
  public func field(for path: [String]) -> String {
    path.reduce(field) { Int($1) == nil ? "\($0).\($1)" : "\($0)[\($1)]" }
  }
}
