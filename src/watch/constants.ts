/**
 * How much has to be seen before something is reported: a blip is not an event. The README has these
 * numbers too, and a test holds them together.
 */

/** Fresh connections in a row that have to fail before a path is down: one failure is a blip. */
export const DOWN_AFTER = 2;

/**
 * An address that the latest answers leave out, and that fails, is on its way out rather than down:
 * so long is waited for them to say so again, which is two TTLs of EKS's names.
 */
export const DOUBTED_MAX_MS = 120_000;

/** Answered ones in a row before it is up again: a server that flaps while it starts is not up. */
export const UP_AFTER = 2;

/** Answers in a row of one resolver that lack an address before it has left: caches disagree for a while. */
export const LEFT_DNS_AFTER = 2;

/**
 * A resolver that names addresses again which it had left out tells parts of a larger set, or asks
 * caches that disagree: it is believed only after this many times as many answers as it ever left one
 * out. For an hour, after which it may have settled.
 */
export const ROTATION_PATIENCE = 3;
export const ROTATION_REMEMBERED_MS: number = 60 * 60_000;

/** No resolver is waited for longer than for so many answers. */
export const LEFT_DNS_AFTER_MAX = 200;

/**
 * What a resolver said this long ago (or two TTLs ago, if that is longer) keeps no address in DNS that
 * another resolver named and has dropped since: it is down, or a resumed watch asks others. EKS's
 * names have a TTL of 60 s.
 */
export const RESOLVER_STALE_MS: number = 60 * 60_000;

/** Lists in a row that lack an ENI before it is deleted: EC2's answers are eventually consistent. */
export const DELETED_AFTER = 2;

/**
 * Lists in a row that lack an endpoint of the service before it has left: they are read through
 * whichever API server is at hand, and one whose watch cache lags shows an older list.
 */
export const LEFT_SERVICE_AFTER = 2;

/**
 * Connections made at once when an address leads to another server than before: if all of them meet
 * the new one, the old one has at most 3/8 of the traffic (95 %); a mixture means a balanced address.
 */
export const CONFIRM_CONNECTIONS = 8;

/** Connections to each address in the first round, so that a balanced one is known as such. */
export const BASELINE_CONNECTIONS = 8;

/**
 * Connections in a row that miss a server behind a balanced address before it counts as not there:
 * with 30 one that had a tenth of the traffic would have been met (3/n, 95 %).
 */
export const GONE_AFTER_BALANCED = 30;

/**
 * One that was met seldom may have a small share, and is waited for until missing it so often had
 * this chance, if it were still there …
 */
export const GONE_CHANCE = 1e-5;

/** … but no longer than this: one with a hundredth of the traffic would have been met long since. */
export const GONE_AFTER_BALANCED_MAX = 1_000;

/** A live API server renews its Lease every 10 s; one not renewed for so long is dead. Kubernetes. */
export const LEASE_STALE_MS = 60_000;

/** Failed answers of /readyz in a row before readiness is lost. */
export const UNREADY_AFTER = 2;

/** Failed connections in a row, with the kept one ended as well, before a dropped address is dead. */
export const DEAD_AFTER = 3;

/** An address that was dropped and answers on is followed no longer than this. */
export const FOLLOW_MAX_MS: number = 2 * 60 * 60_000;

/** Dropped addresses that are followed at once; of more the ones dropped last. */
export const FOLLOWED_MAX = 64;

/** Rounds in a row in which a source is asked and does not answer before that is told. */
export const LOST_AFTER = 2;

/** A round that comes so many intervals late means that the watch itself stood still. */
export const GAP_AFTER_INTERVALS = 3;

/** Of a round that seems to have taken longer, the rest is a stop in its midst. */
export const LONGEST_ROUND_MS: number = 5 * 60_000;

/** Of an update that ended this long ago a change may still be the effect. */
export const UPDATE_ECHO_MS: number = 15 * 60_000;

/** Rounds in a row in which every address that answers refuses the caller: one may be a server that starts. */
export const REFUSED_AFTER = 2;

/** Updates whose times are remembered: EKS lists the latest 5, and runs one at a time. */
export const KEPT_UPDATES = 20;

/** Outages and drains that are kept for the summary, each. */
export const KEPT_FOR_SUMMARY = 100;

/**
 * Rounds in a row in which something answered and a server was not met, with all its paths leading
 * elsewhere, before it is gone: while an address moves, one round may meet neither.
 */
export const SERVER_GONE_AFTER = 3;

/** A server that is met again so soon after it was gone has restarted; later it appears anew. */
export const SERVER_BACK_MS: number = 10 * 60_000;

/** Known lists in a row that lack the Lease of a server before that counts as stale. */
export const LEASE_ABSENT_AFTER = 2;

/** Rounds without a word of a kept connection before it counts as not there: a resume loses it. */
export const KEPT_UNHEARD_AFTER = 2;

/** An address that nobody names, and that was not probed for so many rounds, is not remembered. */
export const UNPROBED_AFTER = 30;

/** Certificates and incarnations that are remembered of each server: what comes back is no news. */
export const LEAVES_KEPT = 8;

/** Bounds of what is remembered in all, far beyond what a control plane has. */
export const CERTIFICATES_KEPT = 128;
export const SERVERS_KEPT = 64;
export const MEMBERS_KEPT = 16;

/**
 * Where a path that leads to a server is merely down, its Lease has to be stale for so long: a hung
 * etcd or a partition of a minute renews none, and the same process goes on afterwards.
 */
export const LEASE_STALE_BEHIND_PATH_MS: number = 2 * LEASE_STALE_MS;
