// Messages, secrets and JSON are part of the contract: who writes a connector imports this module alone.
@_exported public import RopewalkCore
