import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";

const isTime = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);

/** What is older than the record stays as it is. */
const OF_OLD = new Set(["notBefore", "notAfter", "createdAt"]);

/**
 * Writes a record of so many rounds: those of a short one, that is told a whole number of times, one
 * time after the other, later and with numbers that go on. Kept connections stay the same ones.
 */
export async function lengthenRecord(from, to, rounds) {
  const lines = readFileSync(from, "utf8").trim().split("\n").map(JSON.parse);
  const told = lines.filter(({ kind }) => kind === "round");
  const { intervalMs } = lines[0];
  const out = createWriteStream(to);
  out.write(`${JSON.stringify(lines[0])}\n`);
  for (let n = 1; n <= rounds; n += 1) {
    const times = Math.floor((n - 1) / told.length);
    const shiftMs = times * told.length * intervalMs;
    const line = shifted(told[(n - 1) % told.length], shiftMs);
    const kept = line.sample.kept.map((one) => ({ ...one, openedAt: one.openedAt - shiftMs }));
    const sample = { ...line.sample, n, kept };
    if (!out.write(`${JSON.stringify({ ...line, sample })}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
}

function shifted(value, ms) {
  if (isTime(value)) return new Date(Date.parse(value) + ms).toISOString();
  if (Array.isArray(value)) return value.map((each) => shifted(each, ms));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      OF_OLD.has(name) ? each : shifted(each, ms),
    ]),
  );
}
