// Keeps categories in a tree: works out each one's path, makes parents that are missing, and refuses circles and trees
// that are too deep by saying so in the status.

interface Reference { apiVersion: string; kind: string; namespace: string; name: string }
interface Category {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec?: { parent?: string };
  status?: { path?: string; depth?: number; phase?: string };
}

export const metadata = () => ({
  name: "category-hierarchy",
  version: "1.0.0",
  kinds: ["inventory.example.com/v1alpha1.Category"],
  capabilities: ["reconcile", "status_update"],
});

export function reconcile(reference: Reference, { client, settings, log }: Context) {
  const category = find(client, reference);
  if (!category) return; // It is gone, and so is all there was to do.
  const status = place(category, reference, client, settings);
  const before = category.status ?? {};
  if (before.path === status.path && before.depth === status.depth && before.phase === status.phase) return;
  client.status({ ...category, status });
  if (status.phase !== "Ready") log.warn(`${reference.namespace}/${reference.name}: ${status.phase}`);
}

function place(category: Category, reference: Reference, client: Client, settings: Settings) {
  const names = [category.metadata.name];
  let parent = category.spec?.parent;
  while (parent) {
    if (names.includes(parent)) return { path: "", depth: 0, phase: `Circle: ${[...names, parent].reverse().join("/")}` };
    names.push(parent);
    if (names.length > settings.max_depth) return { path: "", depth: 0, phase: `TooDeep: more than ${settings.max_depth} levels` };
    const above = find(client, { ...reference, name: parent });
    if (!above && !settings.auto_create_parents) return { path: "", depth: 0, phase: `NoParent: ${parent}` };
    if (!above) create(client, reference, parent);
    parent = above?.spec?.parent;
  }
  return { path: names.reverse().join("/"), depth: names.length - 1, phase: "Ready" };
}

function find(client: Client, reference: Reference): Category | undefined {
  try {
    return client.get(reference);
  } catch (error: any) {
    if (error.code === "resource.notFound") return undefined;
    throw error;
  }
}

function create(client: Client, { apiVersion, kind, namespace }: Reference, name: string) {
  try {
    client.create({ apiVersion, kind, metadata: { name, namespace }, spec: { description: "Made for those below it." } });
  } catch (error: any) {
    if (error.code !== "resource.exists") throw error; // Another one made it meanwhile.
  }
}

interface Settings { max_depth: number; auto_create_parents: boolean }
interface Client {
  get(reference: Reference): Category;
  create(object: object): Category;
  status(object: object): Category;
}
interface Context { client: Client; settings: Settings; log: { warn(line: string): void } }
