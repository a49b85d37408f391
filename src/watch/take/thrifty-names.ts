import type { Clock, NamePort } from "../../model/ports.ts";
import type { Resolution } from "../../model/resolution.ts";
import { restMs } from "../pace/dns.ts";

interface Asked {
  readonly answers: Promise<readonly Resolution[]>;
  /** Monotonic; Infinity while it is under way. */
  untilMs: number;
}

/**
 * The same servers, each question to them asked no more often than the TTL of its answer allows. The
 * name of a --connect-to rule is wanted for every address in every round.
 */
export function thriftyNames(names: NamePort, clock: Clock): NamePort {
  const asked = new Map<string, Asked>();
  const once = (
    question: string,
    ask: () => Promise<readonly Resolution[]>,
  ): Promise<readonly Resolution[]> => {
    const before = asked.get(question);
    if (before !== undefined && clock.monotonicMs() < before.untilMs) return before.answers;
    const answers = ask();
    const one: Asked = { answers, untilMs: Infinity };
    asked.set(question, one);
    return answers.then((all) => {
      one.untilMs = clock.monotonicMs() + restMs(all);
      return all;
    });
  };
  return {
    systemServers: () => names.systemServers(),
    hostsFile: (name) => names.hostsFile(name),
    query: async (server, name, type, timeoutMs, signal) => {
      const ask = (): Promise<Resolution> => names.query(server, name, type, timeoutMs, signal);
      const [answer] = await once(`${type} ${name} ${server.ip} ${server.port}`, async () => [
        await ask(),
      ]);
      return answer ?? ask();
    },
    systemLookup: (name, timeoutMs, signal) =>
      once(name, () => names.systemLookup(name, timeoutMs, signal)),
  };
}
