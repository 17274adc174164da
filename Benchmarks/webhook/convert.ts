export function process(order: Message): Message {
  order.total = order.lines.reduce((sum: number, line: any) => sum + line.qty * line.price, 0);
  order.customer = { id: order.customerId, name: order.customerName.toUpperCase() };
  return order;
}
