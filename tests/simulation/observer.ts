/**
 * Who watches: it knows what Heroku accepts, what every place holds and what the operator did, shares
 * no code with the rotation, and looks after every single call.
 *
 * @module
 */
import type { Creation, FakeAuthorization, FakeHeroku } from "../../lib/testing/mod.ts";
import { verifyChain } from "../../worker/event.ts";
import { createBounds, intervalOf, type Peaks, type Scheduled } from "./bounds.ts";
import { canary, leaks } from "./canary.ts";

/** What went wrong, as the observer saw it. */
export interface Violation {
  /** After which call. */
  readonly call: string;
  /** What is wrong. */
  readonly message: string;
}

/** A configured credential, as far as the observer goes by it. */
export interface Watched extends Scheduled {
  /** Whether nothing may be done for it: it is paused, or only observed. */
  readonly paused: boolean;
  readonly places: readonly { readonly place: string; readonly required: boolean }[];
}

/** One Worker under observation. */
export interface WatchedWorker {
  /** Its configuration at this moment. */
  readonly configured: () => readonly Watched[];
  /** What a place holds. */
  readonly held: (place: string, credential: string) => string | undefined;
  /** What its ledger says of a mark, read behind the ledger's back. */
  readonly entryOf: (
    mark: string,
  ) => { readonly state: string; readonly sealed: boolean } | undefined;
  /** Whether its ledger counts an authorization as a credential's own. */
  readonly counts: (authorization: string) => boolean;
  /** The authorization that Heroku should have: by its mark, or else the newest one that was found there. */
  readonly awaited: (credential: string, mark: string | null) => string | undefined;
}

/** What is known of a call that has just been made. */
export interface Seen {
  /** The call, and what became of it. */
  readonly call: string;
  /** Whether it may have changed what a place holds. */
  readonly delivers: boolean;
}

/** The observer of one Heroku account. */
export interface Observer {
  readonly violations: Violation[];
  /** Adds a Worker. */
  watch(worker: WatchedWorker): void;
  /** Is told of a request before it is sent. */
  creating(worker: WatchedWorker, description: string, call: string): void;
  /** Is told of a token that Heroku has answered to. */
  proved(token: string): void;
  /** Is told of a token that a Worker, perhaps with another account's token, is about to write to a place. */
  delivering(
    worker: WatchedWorker,
    credential: string,
    place: string,
    call: string,
    isAstray: boolean,
  ): (token: string) => void;
  /** Is told of a run that has changed a ledger, and of the claims that this ledger gave. */
  wrote(run: string, claims: readonly string[]): void;
  /** Looks at everything after a call. */
  look(seen: Seen): void;
  /** Searches what somebody said for tokens. */
  hear(text: string, where: string): void;
  /** All events that a ledger has in the end: the chain must be whole. */
  audit(lines: readonly string[]): void;
  /** A Worker rotates a credential because Heroku does not list what it had. */
  missed(worker: WatchedWorker, credential: string, mark: string | null, call: string): void;
  /** An answer did not show what there is: how long that may go on before a Worker may believe it. */
  hide(patience: number): void;
  /** Another account that a Worker's token may lead to: nothing may happen there. */
  strange(heroku: FakeHeroku): void;
  /** The answer to this create was lost where lists no longer show its mark: it cannot be found. */
  excuseLeftover(description: string): void;
  /** A Worker works with this token from now on. */
  own(token: string): void;
  /** What was made so far no longer counts: see {@linkcode createBounds}. */
  forget(): void;
  /** A ledger may not know what was made so far, where lists do not show it. */
  overlook(): void;
  /** The most that was seen of one credential. */
  readonly peaks: Peaks;
  /** The operator made this authorization, and no one may ever delete it. */
  protect(id: string): void;
  /** What the operator protected may be deleted again. */
  release(id: string): void;
  /** The operator changed what places hold: no one else let go of it. */
  changedByHand(): void;
  /** The operator says whose token this is: at another credential's place no one can know it. */
  attribute(token: string, credential: string): void;
  /** Whether the operator said that it is another credential's. */
  isStray(token: string, credential: string): boolean;
  /** Something happened that excuses a late renewal. */
  disturb(): void;
  /** A place is down, which excuses a late renewal there and nowhere else. */
  excuse(place: string): void;
  /** Whether two of one generation may live for a while, as the one whose answer was lost is not listed. */
  doublesExcused: boolean;
  /** Whether the clocks differ, and so no overlap can be measured. */
  clocksDiffer: boolean;
  /** The credentials for which the operator must act first. */
  blocked: ReadonlySet<string>;
  /** How long Herotate has at least to renew a token after the last disturbance, in milliseconds. */
  fairTime: number;
  /** The live authorizations that Workers made, by the name in their description. */
  made(): ReadonlyMap<string, readonly FakeAuthorization[]>;
}

/** What is known of a token that a Worker had Heroku make. */
interface Made {
  readonly name: string;
  readonly generation: number;
  readonly mark: string;
  /** How long it lives, in milliseconds. */
  readonly lifetime: number;
}

const day = 86_400_000;
const marked = /^(.+) \[g(\d+) ([0-9a-z]{12})\]$/s;

/** Makes an observer. */
export function createObserver(heroku: FakeHeroku): Observer {
  const violations: Violation[] = [];
  const workers: WatchedWorker[] = [];
  const ended = new Map<string, string>();
  let holding = new Map<string, string | undefined>();
  const attributed = new Map<string, string>();
  const found = new Map<string, string>();
  const releasedAt = new Map<string, number>();
  const generations = new Map<string, Made>();
  const sentMarks = new Set<string>();
  const made = new Map<string, Creation>();
  let noted = 0;
  let looks = 0;
  const unfindable = new Set<string>();
  const forgotten = new Set<string>();
  const ownIds = new Set<string>();
  const strangers: { readonly heroku: FakeHeroku; creations: number; deletions: number }[] = [];
  let hidden:
    | { readonly since: number; readonly patience: number; readonly last: number }
    | undefined;
  const proven = new Set<string>();
  const everHeld = new Set<string>();
  const untouchable = new Set<string>();
  let checked = 0;
  const excusedAt = new Map<string, number>();
  let disturbedAt = heroku.now();

  function accuse(call: string, message: string): void {
    violations.push({ call, message });
  }

  function nameOf(description: string): string {
    return marked.exec(description)?.[1] ?? description;
  }

  /** Whose an authorization is: what was renamed since it was made is called as it is called now. */
  function ownerOf(id: string, description: string): string {
    const creation = made.get(id);
    return nameOf(creation?.description === description ? creation.asked : description);
  }

  /** Whether a Worker had it deleted before, and only now it ends. */
  function isRetired(id: string): boolean {
    const mark = marked.exec(made.get(id)?.asked ?? "")?.[3];
    return workers.some(({ entryOf }) => entryOf(mark ?? id)?.state === "retired");
  }

  function claimants(id: string, description: string): Watched[] {
    const name = ownerOf(id, description);
    return workers.flatMap(({ configured }) => configured().filter((each) => each.name === name));
  }

  /** What every place holds now; and when each token was let go of. */
  function readPlaces(): {
    place: string;
    credential: string;
    required: boolean;
    foundDead: boolean;
    paused: boolean;
    token?: string;
  }[] {
    const now = heroku.now();
    const before = holding;
    holding = new Map();
    const standing = workers.flatMap((worker, index) =>
      worker.configured().flatMap(({ name, paused, places }) =>
        places.map(({ place, required }) => {
          const token = worker.held(place, name);
          const key = place === "store" ? `${index} ${name}` : place;
          const left = before.get(key);
          // A place that was moved to another credential has that one's overlap.
          const moved = left !== undefined && generations.get(left)?.name !== name;
          if (left !== undefined && left !== token && (!moved || attributed.get(left) === name)) {
            releasedAt.set(left, now);
          }
          holding.set(key, token);
          // Whoever configures a place that holds a dead token has to wait for a live one.
          const foundDead = token !== undefined && ended.has(token) &&
            (!before.has(key) || found.get(key) === token);
          if (foundDead) found.set(key, token);
          return { place, credential: name, required, foundDead, paused, token };
        })
      )
    );
    for (const { token } of standing) {
      if (token === undefined) continue;
      releasedAt.delete(token);
      everHeld.add(token);
    }
    return standing;
  }

  function checkDeletions(call: string): boolean {
    const { deletions } = heroku;
    const changed = checked < deletions.length;
    for (; checked < deletions.length; checked++) {
      const { id, by, description, ended: token, at } = deletions[checked];
      if (token !== undefined) ended.set(token, by);
      if (by !== "request") continue;
      const claims = claimants(id, description);
      if (claims.length === 0) {
        accuse(call, `'${description}' was deleted, which no configured credential claims`);
      }
      if (claims.some(({ paused }) => paused)) {
        accuse(call, `'${description}' was deleted while its credential is paused`);
      }
      if (untouchable.has(id)) {
        accuse(call, `'${description}' was deleted, which the operator made and no one adopted`);
      }
      const wasDeleted = isRetired(id);
      if (token !== undefined && everHeld.has(token) && !wasDeleted) {
        checkSuccessors(call, description, claims);
      }
      const grace = Math.min(...claims.map((claim) => graceOf(claim)));
      const overlap = token === undefined ? undefined : releasedAt.get(token);
      if (overlap !== undefined && at - overlap < grace && !clocksDiffer()) {
        accuse(
          call,
          `'${description}' was deleted ${
            at - overlap
          } ms after a place let go of it, and the grace is ${grace} ms`,
        );
      }
    }
    return changed;
  }

  /** A grace that reaches to the next replacement is shortened: see the README. */
  function graceOf(claim: Watched): number {
    const newest = heroku.creations.findLast(({ asked }) => nameOf(asked) === claim.name);
    if (newest === undefined) return claim.grace;
    const asked = newest.askedLifetime ?? Infinity;
    const interval = intervalOf(Math.min(newest.lifetime ?? Infinity, asked), asked, claim);
    return claim.grace < interval ? claim.grace : interval * 0.45;
  }

  /** Whether an overlap can be measured: two Workers count each from their own delivery. */
  function clocksDiffer(): boolean {
    return observer.clocksDiffer || workers.length > 1;
  }

  /** As long as a place holds a dead token, the one before may be the last that works. */
  function checkSuccessors(call: string, description: string, claims: readonly Watched[]): void {
    for (const { place, credential, required, foundDead, token } of readPlaces()) {
      if (token === undefined || !required || foundDead || heroku.accepts(token)) continue;
      if (claims.some(({ name }) => name === credential)) {
        accuse(call, `'${description}' was deleted while ${place} holds a dead token`);
      }
    }
  }

  function checkPlaces(call: string): void {
    for (const { place, credential, required, foundDead, paused, token } of readPlaces()) {
      const end = token === undefined ? undefined : ended.get(token);
      if (end === undefined || !required || foundDead) continue;
      if (token !== undefined && observer.isStray(token, credential)) continue;
      if (end === "request") {
        accuse(call, `${place} of '${credential}' holds a token that Herotate deleted`);
      }
      // What follows a token regenerated by hand lives for hours, less than a cron a day can keep up with.
      const short = (generations.get(token ?? "")?.lifetime ?? Infinity) < observer.fairTime;
      const waits = paused || short || observer.blocked.has(credential);
      const quietSince = Math.max(disturbedAt, excusedAt.get(place) ?? 0);
      if (end === "expiry" && !waits && heroku.now() - quietSince > observer.fairTime) {
        accuse(call, `${place} of '${credential}' holds a token that expired in quiet times`);
      }
    }
  }

  function checkCreations(call: string): void {
    const { creations } = heroku;
    if (noted === creations.length) return;
    for (; noted < creations.length; noted++) {
      const creation = creations[noted];
      const [, name, generation, mark] = marked.exec(creation.asked) ?? [];
      if (mark === undefined) continue;
      made.set(creation.id, creation);
      const lifetime = creation.lifetime ?? Infinity;
      generations.set(creation.made, { name, generation: Number(generation), mark, lifetime });
    }
    for (const message of bounds.count()) accuse(call, message);
    if (workers.length > 1 || observer.doublesExcused) return;
    const replacements = heroku.live().flatMap(({ id, description }) => {
      const creation = made.get(id);
      return creation?.description === description
        ? marked.exec(creation.asked)?.slice(1, 3).join(" generation ") ?? []
        : [];
    });
    if (new Set(replacements).size < replacements.length) {
      accuse(call, `Two live replacements for one generation: ${replacements.sort().join(", ")}`);
    }
  }

  /** Its own authorization is no one's credential, and in another account nothing happens. */
  function checkReserve(call: string): void {
    looks++;
    for (const id of ownIds) {
      if (workers.some(({ counts }) => counts(id))) {
        // What a test wrote into the ledger by hand, no Worker adopted.
        if (looks > 1) accuse(call, "A Worker adopted the authorization that it works with");
        ownIds.delete(id);
      }
    }
    for (const stranger of strangers) {
      const { creations, deletions } = stranger.heroku;
      if (creations.length > stranger.creations) {
        accuse(call, "An authorization was made in another account");
        stranger.creations = creations.length;
      }
      if (deletions.length > stranger.deletions) {
        if (deletions.slice(stranger.deletions).some(({ by }) => by === "request")) {
          accuse(call, "An authorization was deleted in another account");
        }
        stranger.deletions = deletions.length;
      }
    }
  }

  const bounds = createBounds(
    heroku,
    nameOf,
    (name) =>
      workers.flatMap(({ configured }) => configured().filter((each) => each.name === name)),
  );

  for (const { id, token } of heroku.live()) {
    if (token !== heroku.token) continue;
    untouchable.add(id);
    ownIds.add(id);
  }

  const observer: Observer = {
    violations,
    clocksDiffer: false,
    doublesExcused: false,
    peaks: bounds.peaks,
    fairTime: 0,
    blocked: new Set(),

    watch(worker) {
      workers.push(worker);
    },

    creating(worker, description, call) {
      const [, name, , mark] = marked.exec(description) ?? [];
      if (mark === undefined) {
        accuse(call, `A create was sent without a marker: '${description}'`);
        return;
      }
      if (sentMarks.has(mark)) accuse(call, `The create of '${description}' was sent twice`);
      sentMarks.add(mark);
      if (worker.entryOf(mark)?.state !== "intended") {
        accuse(call, `The create of '${description}' was sent without an intent in the ledger`);
      }
      const credential = worker.configured().find((each) => each.name === name);
      if (!credential || credential.paused) {
        accuse(
          call,
          `The create of '${description}' was sent for what is not configured or paused`,
        );
      }
    },

    delivering(worker, credential, place, call, isAstray) {
      const before = worker.held(place, credential);
      const isConfigured = worker.configured().some(({ places }) =>
        places.some((each) => each.place === place)
      );
      if (!isConfigured) {
        accuse(call, `${place} was written to, which the configuration has dropped`);
      }
      if (isAstray) accuse(call, `${place} was written to with another account's token`);
      return (token) => {
        const replaced = heroku.live().find((each) =>
          each.token === before && made.get(each.id)?.description === each.description
        );
        const { name, generation } = generations.get(replaced?.token ?? "") ?? {};
        // Whoever does not know of an earlier ledger's, nor is shown it, begins at the first again.
        const unseen = observer.doublesExcused && forgotten.has(replaced?.token ?? "");
        const written = generations.get(token);
        if (!token.includes(canary)) accuse(call, `${place} was given something that is no token`);
        if (!proven.has(token)) {
          accuse(call, `${place} was given a token that was never tried`);
        }
        const isKnown = heroku.live().some((each) => each.token === token);
        if (!isKnown && ended.get(token) === undefined) {
          accuse(call, `${place} was given a token that Heroku does not know`);
        }
        if (ended.get(token) === "request") {
          accuse(call, `${place} was given a token that Herotate had deleted`);
        }
        if (
          workers.length === 1 && !unseen && written !== undefined && written.name === name &&
          written.generation < (generation ?? 0)
        ) {
          accuse(
            call,
            `${place} was given generation ${written.generation} in the place of ${generation}`,
          );
        }
        const entry = written && worker.entryOf(written.mark);
        if (!entry?.sealed) accuse(call, `${place} was given a token that no ledger keeps`);
      };
    },

    proved(token) {
      proven.add(token);
    },

    wrote(run, claims) {
      if (!claims.some((claim) => run.endsWith(`-${claim}`))) {
        accuse(run, "It wrote into a ledger that had not started it");
      }
    },

    look({ call, delivers }) {
      checkCreations(call);
      checkReserve(call);
      if (checkDeletions(call) || delivers) checkPlaces(call);
    },

    missed(worker, credential, mark, call) {
      const id = worker.awaited(credential, mark);
      const lives = heroku.live().find((each) => each.id === id);
      const creation = made.get(id ?? "");
      if (!lives || lives.description !== (creation?.description ?? credential)) return;
      // Whose token was regenerated by hand is as good as gone.
      if (creation !== undefined && creation.made !== lives.token) return;
      if (observer.clocksDiffer) return;
      const since = hidden?.since ?? heroku.now();
      if (heroku.now() - since >= (hidden?.patience ?? Infinity)) return;
      accuse(call, `'${lives.description}' counts as gone, and lives`);
    },

    hide(patience) {
      const now = heroku.now();
      const since = hidden !== undefined && now - hidden.last < day ? hidden.since : now;
      hidden = { since, last: now, patience };
      observer.doublesExcused = true;
    },

    strange(other) {
      strangers.push({ heroku: other, creations: 0, deletions: 0 });
    },

    excuseLeftover(description) {
      unfindable.add(description);
    },

    own(token) {
      const own = heroku.live().find((each) => each.token === token);
      if (own === undefined) return;
      untouchable.add(own.id);
      unfindable.add(made.get(own.id)?.asked ?? "");
    },

    forget() {
      bounds.forget();
      observer.overlook();
    },

    overlook() {
      for (const token of generations.keys()) forgotten.add(token);
    },

    hear(text, where) {
      if (leaks(text)) accuse(where, "A token shows");
    },

    audit(lines) {
      const verdict = verifyChain(lines);
      if (!verdict.ok) {
        accuse(`event ${verdict.at}`, `The events are not whole: ${verdict.message}`);
      }
    },

    protect(id) {
      untouchable.add(id);
    },

    release(id) {
      untouchable.delete(id);
    },

    changedByHand() {
      const released = new Map(releasedAt);
      readPlaces();
      releasedAt.clear();
      for (const [token, at] of released) releasedAt.set(token, at);
    },

    attribute(token, credential) {
      attributed.set(token, credential);
    },

    isStray: (token, credential) => (attributed.get(token) ?? credential) !== credential,

    disturb() {
      disturbedAt = heroku.now();
    },

    excuse(place) {
      excusedAt.set(place, heroku.now());
    },

    made() {
      return Map.groupBy(
        heroku.live().filter(({ id }) =>
          !unfindable.has(made.get(id)?.asked ?? "") && made.has(id)
        ),
        ({ id, description }) => ownerOf(id, description),
      );
    },
  };
  return observer;
}
