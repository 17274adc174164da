/// The functions of a controller, as its module exports them and docs/controller-abi.md has them.
package enum ControllerCall: String, Sendable, CaseIterable {
  case metadata
  case initialize
  case reconcile
  case validateCreate = "validate_create"
  case validateUpdate = "validate_update"
  case setDefaults = "set_defaults"
  case shutdown
}
