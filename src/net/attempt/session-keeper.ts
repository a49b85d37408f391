import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

/**
 * Node aborts the process when the garbage collector takes a session before a stream of it that still
 * holds fields of a header, as of one that was over the limit (nodejs/node#39951, #35233): any server
 * could end the program so. What stands for the session in Node is therefore held until what stands
 * for the stream is gone, by a registry that lives as long as the program.
 */
const held = new FinalizationRegistry<object>(() => undefined);

/** RFC 9113, 7. */
const NO_ERROR = 0;

/** Call it as soon as the stream is made. */
export function outliveStream(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
  const hold = (): void => {
    const [ofSession, ofStream] = [handleOf(session), handleOf(stream)];
    if (ofSession === undefined || ofStream === undefined) return;
    held.register(ofStream, ofSession, ofStream);
    // Behind the end of an answer no header comes; held until then, thousands of sessions add up.
    stream.once("close", () => {
      if (stream.readableEnded && stream.rstCode === NO_ERROR) held.unregister(ofStream);
    });
  };
  // One of a session that is not set up yet gets its handle later.
  if (stream.pending) stream.once("ready", hold);
  else hold();
}

/** Node's own symbol has this description in every version so far; without it nothing is held. */
function handleOf(owner: object): object | undefined {
  const symbol = Object.getOwnPropertySymbols(owner).find(
    ({ description }) => description === "kHandle",
  );
  const handle: unknown = symbol && Reflect.get(owner, symbol);
  return typeof handle === "object" && handle !== null ? handle : undefined;
}
