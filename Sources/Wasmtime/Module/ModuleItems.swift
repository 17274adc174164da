/// What a module wants from its host.
public struct ImportDescription: Sendable, Hashable, CustomStringConvertible {
  public var module: String
  public var name: String
  public var type: ExternType

  public var description: String { "\(module).\(name): \(type)" }
}

/// What a module offers its host.
public struct ExportDescription: Sendable, Hashable, CustomStringConvertible {
  public var name: String
  public var type: ExternType

  public var description: String { "\(name): \(type)" }
}
