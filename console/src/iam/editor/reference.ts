/** AWS's service reference, as the build laid it beside the pages: each service is fetched once, when it is asked for. */

declare const __SERVICE_REFERENCE__: string;

export interface Key {
  name: string;
  type: string;
}

export interface ResourceType {
  name: string;
  arn: string;
  keys: Key[];
}

export interface Action {
  name: string;
  level: string;
  resources: ResourceType[];
  keys: Key[];
}

export class Service {
  private readonly byName: Map<string, Action>;

  constructor(
    readonly prefix: string,
    readonly title: string,
    readonly actions: Action[],
    readonly resources: ResourceType[],
    readonly keys: Key[],
  ) {
    this.byName = new Map(actions.map((each) => [each.name.toLowerCase(), each]));
  }

  action(name: string): Action | undefined {
    return this.byName.get(name.toLowerCase());
  }
}

interface Stored {
  title: string;
  keys: [string, string][];
  resources: [string, string, number[]][];
  actions: [string, string, number[], number[]][];
}

export class Reference {
  private readonly asked = new Map<string, Promise<Service | undefined>>();
  private readonly here = new Map<string, Service>();
  private readonly prefixes: Set<string>;

  constructor(
    readonly services: { prefix: string; title: string }[],
    readonly globalKeys: Key[],
  ) {
    this.prefixes = new Set(services.map(({ prefix }) => prefix.toLowerCase()));
  }

  isService(prefix: string): boolean {
    return this.prefixes.has(prefix.toLowerCase());
  }

  /** A service that was fetched before. */
  loaded(prefix: string): Service | undefined {
    return this.here.get(prefix.toLowerCase());
  }

  /** A service, fetched where it is not here; undefined for one that AWS does not document. */
  service(prefix: string): Promise<Service | undefined> {
    const name = prefix.toLowerCase();
    let asked = this.asked.get(name);
    if (!asked) {
      asked = this.isService(name) ? this.fetch(name) : Promise.resolve(undefined);
      this.asked.set(name, asked);
    }
    return asked;
  }

  private async fetch(name: string): Promise<Service | undefined> {
    try {
      const stored = await get<Stored>(name);
      const keys = stored.keys.map(([key, type]) => ({ name: key, type }));
      const some = (places: number[]) => places.flatMap((place) => keys[place] ?? []);
      const resources = stored.resources.map(([kind, arn, places]) => ({ name: kind, arn, keys: some(places) }));
      const actions = stored.actions.map(([action, level, kinds, places]) => ({
        name: action,
        level,
        resources: kinds.flatMap((place) => resources[place] ?? []),
        keys: some(places),
      }));
      const service = new Service(name, stored.title, actions, resources, keys);
      this.here.set(name, service);
      return service;
    } catch {
      this.asked.delete(name); // without it the editor knows less; a later look asks again
      return undefined;
    }
  }
}

async function get<T>(name: string): Promise<T> {
  const reply = await fetch(`${__SERVICE_REFERENCE__}/${encodeURIComponent(name)}.json`, { credentials: 'omit' });
  if (!reply.ok) throw new Error(reply.statusText);
  return (await reply.json()) as T;
}

let asked: Promise<Reference> | undefined;

/** The reference; its index is fetched once. */
export function reference(): Promise<Reference> {
  asked ??= get<{ services: [string, string][]; globalKeys: [string, string][] }>('index').then(
    ({ services, globalKeys }) =>
      new Reference(
        services.map(([prefix, title]) => ({ prefix, title })),
        globalKeys.map(([name, type]) => ({ name, type })),
      ),
  );
  asked.catch(() => {
    asked = undefined;
  });
  return asked;
}

/** What stands before a published key's variable: `aws:ResourceTag/` of `aws:ResourceTag/${TagKey}`. */
function head(name: string): string {
  return name.split(/\$\{|</, 1)[0] ?? name;
}

function isInstance(published: string, name: string): boolean {
  const start = head(published).toLowerCase();
  const given = name.toLowerCase();
  return start === published.toLowerCase() && !start.endsWith('/') ? given === start : given.startsWith(start);
}

/** Whether a condition key is documented; undefined while its service is not here. */
export function keyKnown(found: Reference, name: string, needed?: (service: string) => void): boolean | undefined {
  if (found.globalKeys.some((key) => isInstance(key.name, name))) return true;
  const prefix = name.split(':', 1)[0]?.toLowerCase() ?? '';
  if (prefix === 'aws') return false;
  if (!found.isService(prefix)) return undefined; // identity providers bring keys under names of their own
  const service = found.loaded(prefix);
  if (!service) {
    needed?.(prefix);
    return undefined;
  }
  return service.keys.some((key) => isInstance(key.name, name));
}
