/** No word that is looked for is longer; the work grows with the length. */
const MAX_LENGTH = 40;

/** The word that was most likely meant; undefined where none is near. */
export function nearest(text: string, words: readonly string[]): string | undefined {
  const asked = text.slice(0, MAX_LENGTH).toLowerCase();
  const ranked = words
    .map((word) => ({ word, distance: distance(asked, word.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(asked.length / 3)) ? best.word : undefined;
}

/** Letters put in, left out or replaced, or two neighbours swapped (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a.charAt(i - 1) === b.charAt(j - 1);
      const isSwap =
        i > 1 &&
        j > 1 &&
        a.charAt(i - 1) === b.charAt(j - 2) &&
        a.charAt(i - 2) === b.charAt(j - 1);
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (same ? 0 : 1),
          isSwap ? at(i - 2, j - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
