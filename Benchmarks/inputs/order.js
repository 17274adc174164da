function process(message) {
  if (message.amount > 1000) {
    message.total = message.lines.reduce((sum, line) => sum + line.qty * line.price, 0);
    message.customer = { id: message.customerId, name: message.customerName.toUpperCase() };
    return message;
  }
}
