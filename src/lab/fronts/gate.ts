import type { Exchange } from "../apiserver/exchange.ts";

/**
 * What stands between the connections of an address and its API servers. Shut, requests stay where
 * they are, as packets that are sent again and again do; opened, they go on.
 */
export interface Gate {
  pass(exchange: Exchange, next: () => void): void;
  shut(): void;
  open(): void;
}

export function createGate(): Gate {
  const waiting = new Set<() => void>();
  let isShut = false;
  return {
    pass: (exchange, next) => {
      if (!isShut) return next();
      waiting.add(next);
      exchange.onOver(() => waiting.delete(next));
    },
    shut: () => {
      isShut = true;
    },
    open: () => {
      isShut = false;
      const held = [...waiting];
      waiting.clear();
      for (const next of held) next();
    },
  };
}
