/// What a step's logic may ask of the host. Nothing is granted unless the integration's `capabilities` list names it.
public enum Capability: String, Sendable, Hashable, CaseIterable {
  case log = "Log"
  case httpCall = "HTTPCall"
  case transform = "Transform"
  case validate = "Validate"
  case getCustomerID = "GetCustomerID"
  case getIntegrationID = "GetIntegrationID"
  case getMessageMetadata = "GetMessageMetadata"
  case raiseError = "RaiseError"
}
