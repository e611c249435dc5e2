import type { CapacityText } from "./capacity.ts";

/** English words of the report's section on capacity. */
export const CAPACITY_EN: CapacityText = {
  capacity: "Capacity",
  rows: {
    little: "Little's law (L = λW)",
    places: "Places used",
    cache: "KV cache",
    room: (prompt, output, shared) =>
      `Room for requests of ${prompt} + ${output} tokens${
        shared === undefined ? "" : `, up to ${shared} of the prompt shared`
      }`,
    roomUnknown: "Room for requests like those seen",
    first: "Which limit binds first",
    utilization: "Utilisation",
  },
  little: ({ inSystem, rate, e2e, expected }) =>
    `${inSystem} running and waiting against ${rate} finished × E2E ${e2e} = ${expected}`,
  together: (ratio) => `ratio ${ratio}: they belong together`,
  moreInside: (ratio, begun) =>
    `ratio ${ratio}: they do not: more were inside than ended requests account for${
      begun === undefined ? "" : ` (${begun} more began than ended)`
    }`,
  fewerInside: (ratio) =>
    `ratio ${ratio}: they do not: E2E has time in which requests neither ran nor waited in a read`,
  places: (mean, most) => `${mean} on average, ${most} at most`,
  ofLimit: (limit, learnt) => ` of ${limit}${learnt ? " (not told: running stopped there)" : ""}`,
  noLimit: (cause) => `; of how many: n/a: ${cause}`,
  cache: (tokens) => `${tokens} tokens`,
  usage: (mean, peak) => `${mean} used on average, ${peak} at most`,
  room: (mean, atEnd) => `${mean} at once on average, ${atEnd} if all are at their end`,
  first: {
    sequence_limit: (limit) => `the sequence limit (${limit}): the KV cache has room for it`,
    kv_cache: (limit) => `the KV cache: the sequence limit (${limit}) is above what fits`,
    either: (limit) =>
      `either: the sequence limit (${limit}) lies within what may fit, by how long requests ran and what they share`,
  },
  utilization: (share, served, highest, width) =>
    `${share}: ${served} finished over the whole time, ${highest} at most in ${width} of waiting`,
  servedOnly: (served, cause) => `${served} finished; of how much: n/a: ${cause}`,
  note:
    "Room is by mean lengths of requests that ended: the lower number shares nothing, the upper one shares what the prefix cache had as one beginning of all. The highest rate is what this run showed, not what the server can do with another load.",
};
