import ipaddr from "ipaddr.js";
import { sanitizeText } from "../../model/text.ts";
import type { IamAction } from "../actions.ts";
import { type Outcome, ok } from "../outcome.ts";
import { notAws } from "./ask.ts";

/**
 * A CIDR. Fails for anything else: a rule without its CIDR would be taken for one that lets nobody
 * in.
 */
export function readCidr(action: IamAction, value: unknown): Outcome<string> {
  if (typeof value === "string" && ipaddr.isValidCIDR(value)) return ok(value);
  const shown = typeof value === "string" ? sanitizeText(value, 60) : "what should be a CIDR";
  return notAws(action, `${shown} is not a CIDR`);
}

/** A port, or an ICMP type; EC2 writes -1 for all of them, which is undefined here, as is none. */
export function readPort(action: IamAction, value: unknown): Outcome<number | undefined> {
  if (value === undefined || value === -1) return ok(undefined);
  const isPort =
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
  return isPort ? ok(value) : notAws(action, "a rule's port is not one");
}
