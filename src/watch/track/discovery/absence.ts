/** How long something that was listed has been missing from the lists. */
export interface Absence {
  /** ISO 8601: the last list that had it, and the first that did not. */
  readonly after: string | undefined;
  readonly since: string;
  /** Lists in a row. */
  readonly lists: number;
}

/** By name, of what is missing now; what is back is not in it. */
export function absences(
  before: Readonly<Record<string, Absence>>,
  expected: readonly string[],
  present: ReadonlySet<string>,
  times: { readonly lastListAt: string | undefined; readonly at: string },
): ReadonlyMap<string, Absence> {
  const known = new Map(Object.entries(before));
  return new Map(
    expected
      .filter((name) => !present.has(name))
      .map((name): [string, Absence] => {
        const absence = known.get(name);
        return [
          name,
          absence === undefined
            ? { after: times.lastListAt, since: times.at, lists: 1 }
            : { ...absence, lists: absence.lists + 1 },
        ];
      }),
  );
}
