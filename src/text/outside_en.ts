import { counted } from "./counted.ts";
import type { OutsideText } from "./outside.ts";

/** English. */
export const OUTSIDE_EN: OutsideText = {
  title: "Outside the engine",
  titleOf: (window) => `outside the engine: users' mean minus the server's, last ${window}`,
  parts:
    "the client's mean minus the server's, of the same requests: network, the HTTP front end before its clock starts, writing the answer",
  unread: (cause) => `/metrics cannot be read: ${cause}`,
  withinError: (figure) => `${figure}, within the error of the two clocks`,
  byClient: (upTo) =>
    upTo === undefined
      ? "of which the client may have added a part"
      : `of which the client may have added up to ${upTo}`,
  allByClient: (upTo) => `all of which may be the client's own lag, up to ${upTo} (p99)`,
  means: (client, server, count) => `${client} − ${server} of ${counted(count, "request")}`,
};
