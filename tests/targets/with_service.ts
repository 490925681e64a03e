import type { Service } from "./services/service.ts";

/** Runs a test against a service, and stops the service whatever happens. */
export async function withService<S extends Service>(
  starting: S | Promise<S>,
  run: (service: S) => Promise<void>,
): Promise<void> {
  const service = await starting;
  try {
    await run(service);
  } finally {
    await service.close();
  }
}
