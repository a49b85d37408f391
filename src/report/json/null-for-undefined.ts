/** For `JSON.stringify`: JSON has no undefined, and a missing key says less than null does. */
export function nullForUndefined(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}
