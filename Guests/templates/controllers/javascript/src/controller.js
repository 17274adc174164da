// Writes into each Greeting's status whom it greets.

export const metadata = () => ({
  name: "{{name}}",
  version: "0.1.0",
  kinds: ["example.com/v1.Greeting"],
  capabilities: ["reconcile", "status_update"],
});

export function reconcile(reference, { client }) {
  const greeting = find(client, reference);
  if (!greeting) return; // It is gone, and so is all there was to do.
  const message = `Hello, ${greeting.spec.to}!`;
  // Writing only what differs keeps the controller from being called for its own write.
  if (greeting.status?.message !== message) client.status({ ...greeting, status: { message } });
}

function find(client, reference) {
  try {
    return client.get(reference);
  } catch (error) {
    if (error.code === "resource.notFound") return undefined;
    throw error;
  }
}
