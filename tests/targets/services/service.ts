/**
 * What all the stand-in services have in common: a real HTTP server with a clock, a record of what
 * was asked, and the ways in which any service may fail.
 *
 * @module
 */

/** One request as the service got it. */
export interface ServiceRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path, still encoded. */
  readonly path: string;
  /** The path's segments, decoded. */
  readonly segments: readonly string[];
  /** The query's parameters. */
  readonly query: URLSearchParams;
  /** The headers. */
  readonly headers: Headers;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON, or undefined. */
  readonly json: unknown;
}

/** A request in the service's record. */
export interface RecordedRequest extends ServiceRequest {
  /** The status that it was answered with. */
  readonly status: number;
}

/** Answers a request in place of the service; undefined lets it pass. */
export type Fault = (request: ServiceRequest) => Response | undefined;

/** A running stand-in for a service. */
export interface Service {
  /** Where it listens. */
  readonly url: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The service's own time in milliseconds since the epoch. */
  now(): number;
  /** Moves the service's clock. */
  advance(milliseconds: number): void;
  /** Lets every request fail with 503 and an HTML page, or stops that. */
  setDown(down: boolean): void;
  /** Lets every request fail as the service does it when asked too often, or stops that. */
  setRateLimited(limited: boolean): void;
  /** Puts something between the callers and the service, or takes it away. */
  setFault(fault: Fault | undefined): void;
  /** Stops it. */
  close(): Promise<void>;
}

/** What makes a service this one. */
export interface ServiceOptions {
  /** Answers a request. */
  handle(request: ServiceRequest, now: number): Response | Promise<Response>;
  /** The answer to one who asks too often. */
  rateLimited(now: number): Response;
  /**
   * What comes before the service's paths, as in `/api/v4`.
   * @default {nothing}
   */
  readonly basePath?: string;
}

/** Starts a service on a free port of this machine. */
export function startService(options: ServiceOptions): Service {
  const { handle, rateLimited, basePath = "" } = options;
  const requests: RecordedRequest[] = [];
  let offset = 0;
  let down = false;
  let limited = false;
  let fault: Fault | undefined;
  const now = () => Date.now() + offset;

  async function answer(request: ServiceRequest): Promise<Response> {
    const faulty = fault?.(request);
    if (faulty) return faulty;
    if (down) {
      const headers = { "content-type": "text/html" };
      return new Response("<h1>503 Service Unavailable</h1>", { status: 503, headers });
    }
    return limited ? rateLimited(now()) : await handle(request, now());
  }

  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (incoming) => {
    const url = new URL(incoming.url);
    const text = await incoming.text();
    const path = url.pathname.startsWith(basePath)
      ? url.pathname.slice(basePath.length)
      : url.pathname;
    const request: ServiceRequest = {
      method: incoming.method,
      path,
      segments: path.split("/").slice(1).map(decodeURIComponent),
      query: url.searchParams,
      headers: incoming.headers,
      text,
      json: parse(text),
    };
    const response = await answer(request);
    requests.push({ ...request, status: response.status });
    if (!response.headers.has("date")) response.headers.set("date", new Date(now()).toUTCString());
    return response;
  });

  return {
    url: `http://127.0.0.1:${server.addr.port}${basePath}`,
    requests,
    now,
    advance: (milliseconds) => void (offset += milliseconds),
    setDown: (value) => void (down = value),
    setRateLimited: (value) => void (limited = value),
    setFault: (value) => void (fault = value),
    close: () => server.shutdown(),
  };
}

/** A member of a JSON object, or undefined. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** A member of a JSON object that is a string, or undefined. */
export function textOf(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === "string" ? found : undefined;
}

/** Whether a request carries JSON and says so. */
export function isJson({ headers, json }: ServiceRequest): boolean {
  const type = headers.get("content-type") ?? "";
  return /^application\/(?:[\w.-]+\+)?json\b/.test(type) && json !== undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
