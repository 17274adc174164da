export function process(order: Message): Message {
  if (order.amount > 1000) {
    return order;
  }
}
