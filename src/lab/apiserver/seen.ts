/** What one API server saw, without secrets: for tests and for the lab's log. */
export interface SeenLog {
  /** Oldest first; the last 10,000. */
  readonly requests: readonly SeenRequest[];
  /** TLS handshakes completed. */
  readonly handshakes: number;
  /** Handshakes that failed, on whichever side. */
  readonly tlsErrors: number;
}

export interface SeenRequest {
  /** Without the query, at most 200 characters. */
  readonly path: string;
  readonly httpVersion: "1.1" | "2";
  /** `bearer` only with a token after it; `other` is every other header there was. */
  readonly authorization: "none" | "bearer" | "other";
  /** Undefined while unanswered. */
  readonly status: number | undefined;
}

/** The same, while it is being written. */
export interface SeenRecorder {
  readonly log: SeenLog;
  countHandshake(): void;
  countTlsError(): void;
  /** Returns a function that notes the status once there is one. */
  addRequest(request: Omit<SeenRequest, "status">): (status: number) => void;
}

const LIMIT = 10_000;
const PATH_LIMIT = 200;

export function createSeenRecorder(): SeenRecorder {
  const requests: { -readonly [K in keyof SeenRequest]: SeenRequest[K] }[] = [];
  const log = { requests, handshakes: 0, tlsErrors: 0 };
  return {
    log,
    countHandshake: () => {
      log.handshakes += 1;
    },
    countTlsError: () => {
      log.tlsErrors += 1;
    },
    addRequest: (request) => {
      const entry = { ...request, path: request.path.slice(0, PATH_LIMIT), status: undefined };
      const noted: (typeof requests)[number] = entry;
      requests.push(noted);
      if (requests.length > LIMIT) requests.shift();
      return (status) => {
        noted.status = status;
      };
    },
  };
}
