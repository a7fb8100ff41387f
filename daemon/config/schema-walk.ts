/**
 * What a zod schema of sections says without parsing anything: its keys with their paths, and which keys of a raw file
 * it does not know. Knows how schema.ts is built (objects, arrays, optional, default), and no key by name.
 */
import type { z } from "zod";
import { leafFacts } from "./leaf.ts";

type Schema = z.core.$ZodType;

/** A leaf of the schema. `[]` in the path stands for any item of a list. */
export interface SchemaKey {
  readonly path: string;
  /** The leaf's own schema, without the default around it. */
  readonly leaf: Schema;
  /** False for keys that may stay absent. */
  readonly hasDefault: boolean;
}

/** The schema inside `optional`, `default` and `prefault`. */
function unwrap(schema: Schema): { inner: Schema; optional: boolean } {
  let inner = schema;
  let optional = false;
  for (;;) {
    const def = inner._zod.def as { type: string; innerType?: Schema };
    if (def.innerType === undefined) return { inner, optional };
    if (def.type === "optional") optional = true;
    inner = def.innerType;
  }
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  const def = schema._zod.def as { type: string; shape?: Record<string, Schema> };
  return def.type === "object" ? def.shape : undefined;
}

function elementOf(schema: Schema): Schema | undefined {
  const def = schema._zod.def as { type: string; element?: Schema };
  return def.type === "array" ? def.element : undefined;
}

/** All leaves, in the order of the schema. A list of plain values is one leaf; a list of sections is walked into. */
export function* schemaKeys(schema: Schema, path = "", optionalAbove = false): Generator<SchemaKey> {
  const { inner, optional } = unwrap(schema);
  const absent = optional || optionalAbove;
  const shape = shapeOf(inner);
  const element = elementOf(inner);
  if (shape !== undefined) {
    for (const [name, child] of Object.entries(shape))
      yield* schemaKeys(child, path === "" ? name : `${path}.${name}`, absent);
  } else if (element !== undefined && shapeOf(unwrap(element).inner) !== undefined) {
    yield* schemaKeys(element, `${path}[]`, true);
  } else {
    yield { path, leaf: inner, hasDefault: !absent };
  }
}

/** Paths of the keys in `raw` that the schema does not know; below an unknown key nothing more is said. */
export function* unknownKeys(schema: Schema, raw: unknown, path = ""): Generator<string> {
  if (typeof raw !== "object" || raw === null) return;
  const { inner } = unwrap(schema);
  const shape = shapeOf(inner);
  const element = elementOf(inner);
  if (element !== undefined && Array.isArray(raw)) {
    for (const [index, item] of raw.entries()) yield* unknownKeys(element, item, `${path}[${index}]`);
  } else if (shape !== undefined && !Array.isArray(raw)) {
    for (const [name, value] of Object.entries(raw)) {
      const childPath = path === "" ? name : `${path}.${name}`;
      const child = Object.hasOwn(shape, name) ? shape[name] : undefined;
      if (child === undefined) yield childPath;
      else yield* unknownKeys(child, value, childPath);
    }
  }
}

/** A copy of parsed values in which each leaf is what `show` makes of it; absent keys stay absent. */
export function mapLeaves(
  schema: Schema,
  value: unknown,
  show: (value: unknown, facts: ReturnType<typeof leafFacts.get>) => unknown,
): unknown {
  const { inner } = unwrap(schema);
  const shape = shapeOf(inner);
  const element = elementOf(inner);
  if (value === undefined) return undefined;
  if (element !== undefined && Array.isArray(value))
    return value.map((item) => mapLeaves(element, item, show));
  if (shape === undefined || typeof value !== "object" || value === null)
    return show(value, leafFacts.get(inner as Parameters<typeof leafFacts.get>[0]));
  const entries = Object.entries(shape).flatMap(([name, child]) => {
    const shown = mapLeaves(child, (value as Record<string, unknown>)[name], show);
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return Object.fromEntries(entries);
}
