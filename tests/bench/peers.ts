/**
 * The clients that are measured, each doing the same four things in its own way.
 *
 * @module
 */
import { request as octokit } from "npm:@octokit/request@10.0.16";
import HerokuClient2 from "npm:heroku-client@2.4.3";
import HerokuClient3 from "npm:heroku-client@3.1.4";
import ky from "npm:ky@2.1.0";
import { createFetch } from "npm:ofetch@1.5.1";
import HerokuShape from "../../lib/heroku/heroku_client.ts";
import { createClient } from "../../mod.ts";

/** What every client is made from. */
export interface PeerOptions {
  /** The server's base URL. */
  readonly url: string;
  /** The account's admin token. */
  readonly token: string;
  /**
   * The fetch to call.
   * @default {the global one}
   */
  readonly fetch?: typeof fetch;
}

/** A client as it is measured. */
export interface Peer {
  /** What it is called in the table. */
  readonly name: string;
  /** Looks up an authorization. */
  info(id: string): PromiseLike<unknown>;
  /** Creates an authorization. */
  create(attributes: Attributes): PromiseLike<unknown>;
  /** Deletes an authorization. */
  delete(id: string): PromiseLike<unknown>;
  /** Lists all authorizations, of all pages. */
  list(): PromiseLike<unknown>;
}

/** What an authorization is created with. */
export interface Attributes {
  /** What it is called. */
  readonly description: string;
  /** What its token may do. */
  readonly scope: readonly string[];
}

/** The name of this module's client in the table. */
export const HEROTATE = "herotate";

const PATH = "/oauth/authorizations";
const ACCEPT = "application/vnd.heroku+json; version=3";
const FIRST_RANGE = "id ..; max=1000";

function createHerotate({ url, token, fetch }: PeerOptions): Peer {
  return { name: HEROTATE, ...createClient({ token, baseUrl: url, fetch }) };
}

function createHerotateShape({ url, token, fetch }: PeerOptions): Peer {
  const heroku = new HerokuShape({ token, host: url, fetch });
  return {
    name: "herotate/heroku-client",
    info: (id) => heroku.oauth().authorizations(id).info(),
    create: (attributes) => heroku.oauth().authorizations().create(attributes),
    delete: (id) => heroku.oauth().authorizations(id).delete(),
    list: () => heroku.oauth().authorizations().list(),
  };
}

/** heroku-client 2 comes without types. */
interface Client2 {
  oauth(): {
    authorizations(id?: string): {
      info(): PromiseLike<unknown>;
      list(): PromiseLike<unknown>;
      create(attributes: Attributes): PromiseLike<unknown>;
      delete(): PromiseLike<unknown>;
    };
  };
}

function createHerokuClient2({ url, token }: PeerOptions): Peer {
  const heroku: Client2 = new HerokuClient2({ token, host: url });
  return {
    name: "heroku-client 2.4.3",
    info: (id) => heroku.oauth().authorizations(id).info(),
    create: (attributes) => heroku.oauth().authorizations().create(attributes),
    delete: (id) => heroku.oauth().authorizations(id).delete(),
    list: () => heroku.oauth().authorizations().list(),
  };
}

/** heroku-client 3 comes without types. */
interface Client3 {
  get(path: string): PromiseLike<unknown>;
  post(path: string, options: { readonly body: Attributes }): PromiseLike<unknown>;
  delete(path: string): PromiseLike<unknown>;
}

function createHerokuClient3({ url, token }: PeerOptions): Peer {
  // It reads all certificates that these name again for each call, which would be measured instead.
  Deno.env.delete("SSL_CERT_FILE");
  Deno.env.delete("SSL_CERT_DIR");
  const heroku: Client3 = new HerokuClient3({ token, host: url });
  return {
    name: "heroku-client 3.1.4",
    info: (id) => heroku.get(`${PATH}/${id}`),
    create: (attributes) => heroku.post(PATH, { body: attributes }),
    delete: (id) => heroku.delete(`${PATH}/${id}`),
    list: () => heroku.get(PATH),
  };
}

/** Lists with a client that knows nothing of Heroku's pages. */
async function followRanges(
  load: (range: string) => Promise<{ readonly headers: Headers; readonly page: unknown[] }>,
): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let range: string | null = FIRST_RANGE; range !== null;) {
    const { headers, page } = await load(range);
    all.push(...page);
    range = headers.get("Next-Range");
  }
  return all;
}

function createKy({ url, token, fetch }: PeerOptions): Peer {
  const heroku = ky.create({
    prefix: url,
    headers: { Accept: ACCEPT, Authorization: `Bearer ${token}` },
    fetch,
  });
  const path = PATH.slice(1);
  return {
    name: "ky 2.1.0",
    info: (id) => heroku.get(`${path}/${id}`).json(),
    create: (attributes) => heroku.post(path, { json: attributes }).json(),
    delete: (id) => heroku.delete(`${path}/${id}`).json(),
    list: () =>
      followRanges(async (range) => {
        const response = await heroku.get(path, { headers: { Range: range } });
        return { headers: response.headers, page: await response.json<unknown[]>() };
      }),
  };
}

function createOfetch({ url, token, fetch = globalThis.fetch }: PeerOptions): Peer {
  const heroku = createFetch({
    fetch,
    defaults: { baseURL: url, headers: { Accept: ACCEPT, Authorization: `Bearer ${token}` } },
  });
  return {
    name: "ofetch 1.5.1",
    info: (id) => heroku(`${PATH}/${id}`),
    create: (attributes) => heroku(PATH, { method: "POST", body: { ...attributes } }),
    delete: (id) => heroku(`${PATH}/${id}`, { method: "DELETE" }),
    list: () =>
      followRanges(async (range) => {
        const response = await heroku.raw<unknown[]>(PATH, { headers: { Range: range } });
        return { headers: response.headers, page: response._data ?? [] };
      }),
  };
}

function createOctokit({ url, token, fetch }: PeerOptions): Peer {
  const heroku = octokit.defaults({
    baseUrl: url,
    headers: { accept: ACCEPT, authorization: `Bearer ${token}` },
    request: { fetch },
  });
  return {
    name: "@octokit/request 10.0.16",
    info: async (id) => (await heroku(`GET ${PATH}/{id}`, { id })).data,
    create: async (attributes) => (await heroku(`POST ${PATH}`, { ...attributes })).data,
    delete: async (id) => (await heroku(`DELETE ${PATH}/{id}`, { id })).data,
    list: () =>
      followRanges(async (range) => {
        const { headers, data } = await heroku(`GET ${PATH}`, { headers: { range } });
        const next = headers["next-range"];
        return {
          headers: new Headers(next === undefined ? {} : { "Next-Range": String(next) }),
          page: data,
        };
      }),
  };
}

/** What one writes without a client: no timeout, no retry, no check of what came. */
function createBare({ url, token, fetch = globalThis.fetch }: PeerOptions): Peer {
  async function call(method: string, path: string, body?: unknown, range?: string) {
    const headers = new Headers({ Accept: ACCEPT, Authorization: `Bearer ${token}` });
    if (range !== undefined) headers.set("Range", range);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`Heroku answered ${response.status}`);
    return { headers: response.headers, page: await response.json() as unknown[] };
  }
  return {
    name: "bare fetch",
    info: async (id) => (await call("GET", `${PATH}/${id}`)).page,
    create: async (attributes) => (await call("POST", PATH, attributes)).page,
    delete: async (id) => (await call("DELETE", `${PATH}/${id}`)).page,
    list: () => followRanges((range) => call("GET", PATH, undefined, range)),
  };
}

/** Makes all clients that call a fetch which is passed to them, this module's first. */
export function createFetchPeers(options: PeerOptions): Peer[] {
  return [createHerotate, createHerotateShape, createKy, createOfetch, createOctokit, createBare]
    .map((create) => create(options));
}

/** Makes all clients, this module's first. */
export function createPeers(options: PeerOptions): Peer[] {
  return [
    ...createFetchPeers(options),
    createHerokuClient2(options),
    createHerokuClient3(options),
  ];
}
