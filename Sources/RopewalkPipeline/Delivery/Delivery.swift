import RopewalkCore
import Synchronization

/// One message on its way to one destination.
final class Delivery: Sendable {
  let accepted: AcceptedMessage
  /// As the destination gets it.
  let message: Message
  let machine: Mutex<DeliveryStateMachine>

  init(accepted: AcceptedMessage, message: Message) {
    self.accepted = accepted
    self.message = message
    self.machine = Mutex(DeliveryStateMachine(failures: accepted.attempts[message.metadata.destination] ?? []))
  }
}
