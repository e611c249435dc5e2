import type { CliText } from "./cli.ts";

/** English words of the command lines. */
export const CLI_EN: CliText = {
  cannotWatch: (address, cause) => `Cannot watch ${address}: ${cause}`,
  answersAgain: (target) => `${target} answers again`,
  serving: (url) => `Simulated vLLM on ${url} (metrics at ${url}/metrics). Ctrl-C ends it.`,
  lostPace: (late) => `This machine is too slow for this load: the simulated engine is ${late} late`,
  portTaken: (port) => `Cannot listen on port ${port}: it is taken, wanted a free one (--port)`,
  cell: (number, count, heading) => `cell ${number} of ${count}: ${heading}`,
  cellDone: (duration) => ` ${duration}`,
  cellFailed: (number, reason) => `Cell ${number} failed: ${reason}`,
  interrupted: "Interrupted: what was collected is kept.",
  nothingCollected: "Nothing was collected.",
  written: "Written",
  findings: "Findings",
  nothingThere: (address) => `${address} holds no series of a server of language models, or of the lab`,
  sent: (samples) => `${samples} samples sent`,
  page: (url, tunnel) => `Live page: ${url} (from another machine: ${tunnel})`,
  noRun: (folder) => `No run in ${folder} yet: the shipped data is used`,
  cannotOpen: (path, reason) => `Cannot open ${path}: ${reason}`,
  reading: (name) => `Reading ${name}`,
  monitoring: (targets, interval) => `Watching ${targets} every ${interval}. Ctrl-C ends it.`,
  noServerFound: (tried) => `Cannot find a vLLM on this machine: tried ${tried}; give its address with --url`,
  found: (address) => `Found a server at ${address}`,
  needsYes: (address) => `Cannot load ${address}: it is not this machine and nobody agreed, wanted --yes`,
  cannotLoad: (address, cause) => `Cannot load ${address}: ${cause}`,
};
