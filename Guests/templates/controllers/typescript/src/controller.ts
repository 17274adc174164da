// Writes into each Greeting's status whom it greets.

interface Reference { apiVersion: string; kind: string; namespace: string; name: string }
interface Greeting { spec: { to: string }; status?: { message?: string } }
interface Client { get(reference: Reference): Greeting; status(object: Greeting): Greeting }

export const metadata = () => ({
  name: "{{name}}",
  version: "0.1.0",
  kinds: ["example.com/v1.Greeting"],
  capabilities: ["reconcile", "status_update"],
});

export function reconcile(reference: Reference, { client }: { client: Client }) {
  const greeting = find(client, reference);
  if (!greeting) return; // It is gone, and so is all there was to do.
  const message = `Hello, ${greeting.spec.to}!`;
  // Writing only what differs keeps the controller from being called for its own write.
  if (greeting.status?.message !== message) client.status({ ...greeting, status: { message } });
}

function find(client: Client, reference: Reference): Greeting | undefined {
  try {
    return client.get(reference);
  } catch (error: any) {
    if (error.code === "resource.notFound") return undefined;
    throw error;
  }
}
