/** Runs a piece of work within the round's bound on connections. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;
