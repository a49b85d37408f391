import * as v from "valibot";

/** A schema for each member of an interface, whatever a file may hold there. */
export type SchemaOf<T> = {
  readonly [K in keyof T]-?: v.GenericSchema<unknown, T[K]>;
};

export const ip: v.GenericSchema<string> = v.pipe(v.string(), v.ip());

export const cidr: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check((text) => {
    const [address = "", prefix = "", ...more] = text.split("/");
    const isNumber =
      /^\d{1,3}$/.test(prefix) && Number(prefix) <= (address.includes(":") ? 128 : 32);
    return more.length === 0 && isNumber && v.is(ip, address);
  }, "not a CIDR"),
);

export const texts: v.GenericSchema<string[]> = v.array(v.string());

/** The id of a resource of AWS: `subnet-0123456789abcdef0`. */
export function resourceId(kind: string): v.GenericSchema<string> {
  return v.pipe(v.string(), v.regex(new RegExp(`^${kind}-[0-9a-f]{1,32}$`), `not ${kind}-…`));
}

/** JSON has no undefined: a key that may be undefined may be left out or null. */
export function orAbsent<const S extends v.GenericSchema>(
  schema: S,
): v.GenericSchema<v.InferInput<S> | null | undefined, v.InferOutput<S> | undefined> {
  return v.pipe(
    v.optional(v.nullable(schema), null),
    v.transform((value) => value ?? undefined),
  );
}

export function whole(min: number, max: number): v.GenericSchema<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

/** http or https, to this machine: whatever else a client may be told to ask, it is not beyond. */
export const loopbackUrl: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.check(isLoopbackUrl, "not an address of this machine, such as http://127.0.0.1:3128"),
);

/** `127.0.0.1:3128` counts as one: clients take a proxy without a scheme. */
export function isLoopbackUrl(text: string): boolean {
  const url = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
