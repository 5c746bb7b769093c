// The generated client, with what every shop front adds to it: who is calling, at which vendor, and refusals as exceptions.

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

export type Schemas = components["schemas"];
export type Api = Client<paths>;

/** A client: at a vendor, or outside of all; of whoever the token is of, or of nobody. */
export function connect(baseUrl: string, vendor?: string, token?: string): Api {
  const api = createClient<paths>({ baseUrl });
  api.use({
    onRequest({ request }) {
      if (vendor !== undefined) request.headers.set("X-Tenant-Domain", vendor);
      if (token !== undefined) request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  });
  return api;
}

/** A refusal, for those who do not expect one. */
export class Refused extends Error {
  constructor(readonly problem: Schemas["Problem"]) {
    super(explain(problem));
  }
}

/** What was answered; a refusal is thrown. */
export function answer<T>(result: { data?: T; error?: Schemas["Problem"]; response: Response }): T {
  if (result.error !== undefined) throw new Refused(result.error);
  if (result.data === undefined) throw new Error(`${result.response.url}: ${result.response.status} without a body`);
  return result.data;
}

/** The refusal that was expected. */
export function refusal<T>(result: { data?: T; error?: Schemas["Problem"]; response: Response }): Schemas["Problem"] {
  if (result.error === undefined) throw new Error(`${result.response.url}: not refused, but ${JSON.stringify(result.data)}`);
  return result.error;
}

/** A refusal in the words of a shop front. The members that only some codes have are typed, too. */
export function explain(problem: Schemas["Problem"]): string {
  switch (problem.code) {
    case "insufficient_stock": {
      const short = problem.products ?? [];
      return short.map(({ product, requested, available }) => `only ${available} of ${requested} left of product ${product}`).join(", ");
    }
    case "illegal_transition":
      return `not now: ${problem.from} can become ${(problem.allowed ?? []).join(" or ")}`;
    case "validation_failed":
      return (problem.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`).join("; ");
    case "precondition_failed":
      return `somebody was faster: it is at version ${problem.version} by now`;
    case "permission_denied":
      return `this takes one of ${(problem.required_any_of ?? []).join(", ")}`;
    case "vendor_choice_required":
      return `choose one of ${(problem.vendors ?? []).map((vendor) => vendor.domain).join(", ")}`;
    default:
      return problem.detail;
  }
}

/** Every item of a list, page after page. */
export async function* all<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const { items, next } = await page(cursor);
    yield* items;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}
