// Keeps categories in a tree: works out each one's path, makes parents that are missing, and refuses a write that makes a
// circle or a tree that is too deep. Two writes at once can still make one, and so can a controller without the
// capability `validation`: then the status says so.

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
  capabilities: ["reconcile", "status_update", "validation"],
});

export function reconcile(reference: Reference, { client, settings, log }: Context) {
  const category = find(client, reference);
  if (!category) return; // It is gone, and so is all there was to do.
  const { names, missing, problem } = climb(category, client, settings);
  if (missing && settings.auto_create_parents) create(client, reference, missing);
  const isLost = missing && !settings.auto_create_parents;
  const phase = problem ?? (isLost ? `NoParent: ${missing}` : "Ready");
  const status = phase === "Ready" ? { path: names.reverse().join("/"), depth: names.length - 1, phase } : { path: "", depth: 0, phase };
  const before = category.status ?? {};
  if (before.path === status.path && before.depth === status.depth && before.phase === status.phase) return;
  client.status({ ...category, status });
  if (phase !== "Ready") log.warn(`${reference.namespace}/${reference.name}: ${phase}`);
}

export const validate_create = ({ object }: Request, context: Context) => judge(object, context);

export function validate_update({ object, oldObject }: Request, context: Context) {
  // What stands in a circle already can be labelled, and led out of it.
  return object.spec?.parent === oldObject?.spec?.parent ? undefined : judge(object, context);
}

function judge(category: Category, { client, settings }: Context) {
  const { problem } = climb(category, client, settings);
  return problem ? { causes: [{ field: "spec.parent", message: problem }] } : undefined;
}

// From a category to the top: the names on the way, the one that there is not, and why it is no way.
function climb(category: Category, client: Client, settings: Settings): { names: string[]; missing?: string; problem?: string } {
  const { apiVersion, kind, metadata: { namespace } } = category;
  const names = [category.metadata.name];
  let parent = category.spec?.parent;
  while (parent) {
    if (names.includes(parent)) return { names, problem: `Circle: ${[...names, parent].reverse().join("/")}` };
    names.push(parent);
    if (names.length > settings.max_depth) return { names, problem: `TooDeep: more than ${settings.max_depth} levels` };
    const above = find(client, { apiVersion, kind, namespace, name: parent });
    if (!above) return { names, missing: parent };
    parent = above.spec?.parent;
  }
  return { names };
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

interface Request { object: Category; oldObject?: Category }
interface Settings { max_depth: number; auto_create_parents: boolean }
interface Client {
  get(reference: Reference): Category;
  create(object: object): Category;
  status(object: object): Category;
}
interface Context { client: Client; settings: Settings; log: { warn(line: string): void } }
