import { valueOf } from "../../model/fact.ts";
import { isPublicIp } from "../../model/ip.ts";
import { type Check, passed, problem, skippedCheck } from "../check.ts";
import { digServer, type ResolverView, resolverViews } from "./views.ts";

/** Private addresses under a public name pass through every resolver that was asked. */
export const privateAnswersPass: Check = {
  topic: "rebind",
  title: "no resolver withholds the private addresses that others give",
  needs: ["C01"],
  explains: ["D01", "D02"],
  run: ({ snapshot }) => {
    const cluster = valueOf(snapshot.cluster);
    if (cluster?.publicAccess === "yes")
      return skippedCheck("with public access on, the name has public addresses to give");
    const views = resolverViews(snapshot);
    const giving = views.filter(({ ips }) => ips.length > 0 && !ips.some(isPublicIp));
    if (giving.length === 0) return skippedCheck("no resolver gives private addresses (D01)");
    if (views.length === 1) return skippedCheck("one resolver was asked; --resolver is repeatable");
    const withholding = views.filter(({ ips, denies }) => ips.length === 0 && denies);
    const [first] = withholding;
    if (first === undefined) return passed("no resolver withholds the private addresses");
    const host = cluster?.endpoint?.host ?? "NAME";
    return problem(
      concernsEveryClient(views, withholding) ? "fail" : "warn",
      `${names(withholding)} withholds the endpoint's private addresses, which ${names(giving)} gives`,
      {
        details: [
          ...giving.map(({ name, ips }) => `${name} says ${ips.join(", ")}`),
          ...withholding.map(({ name }) => `${name} says that there is none`),
          "routers and company resolvers drop private addresses under public names (rebind protection)",
        ],
        side: "resolver",
        next: `dig ${host} ${digServer(first.resolver)}   # allow eks.amazonaws.com in its rebind protection, or forward the zone to a resolver that gives them`,
      },
    );
  },
};

/** This machine's programs ask its own servers; one that was only named here harms nobody. */
function concernsEveryClient(
  views: readonly ResolverView[],
  withholding: readonly ResolverView[],
): boolean {
  const own = views.filter(({ resolver }) => resolver.system);
  return own.length > 0 && own.every((view) => withholding.includes(view));
}

function names(views: readonly ResolverView[]): string {
  return views.map(({ name }) => name).join(", ");
}
