/**
 * What `serve` can be told to be: profiles, versions, incidents.
 *
 * @module
 */
import { formatCount, formatSeconds } from "../base/format.ts";
import { INCIDENTS } from "../simulator/engine/incidents.ts";
import { profileFigures } from "../simulator/engine/profile_figures.ts";
import { PROFILES } from "../simulator/engine/profiles.ts";
import { SHAPE_VERSIONS } from "../simulator/server/shape.ts";
import { cliText } from "../text/cli.ts";
import { incidentTexts } from "../text/incidents.ts";
import type { Language } from "../text/language.ts";
import type { CommonOptions } from "./options.ts";
import { CliError, EXIT, print } from "./terminal.ts";

/**
 * Prints everything that can be chosen, each kind under the option that it is for.
 *
 * @throws CliError (exit 2) for another word than `list`
 */
export function listAll(word: string, options: CommonOptions): number {
  if (word !== "list") {
    throw new CliError(`Cannot serve ${JSON.stringify(word)}: wanted "list", or options (--help tells them)`);
  }
  if (options.json) {
    const all = {
      profiles: profilesWithFigures(),
      versions: versions(),
      incidents: incidentsIn(options.lang),
    };
    print(JSON.stringify(all, null, 2));
    return EXIT.ok;
  }
  for (const [option, list] of LISTS) {
    print(`${option}\n`);
    list(options);
    print();
  }
  return EXIT.ok;
}

const LISTS = [
  ["--profile", listProfiles],
  ["--vllm-version", (options: CommonOptions) => listVersions(options.json)],
  ["--incident", listIncidents],
] as const;

function profilesWithFigures(): readonly object[] {
  return PROFILES.map((profile) => ({ ...profile, figures: profileFigures(profile) }));
}

function versions(): readonly string[] {
  return Object.keys(SHAPE_VERSIONS);
}

function incidentsIn(language: Language): readonly object[] {
  const texts = incidentTexts(language);
  return Object.values(INCIDENTS).map((incident) => ({ ...incident, ...texts[incident.name] }));
}

/** Prints them. */
export function listProfiles({ json, lang }: CommonOptions): number {
  if (json) {
    print(JSON.stringify(profilesWithFigures(), null, 2));
    return EXIT.ok;
  }
  const { profileHeads: heads, profileNote } = cliText(lang);
  const rows = PROFILES.map((profile) => {
    const figures = profileFigures(profile);
    return [
      profile.name,
      formatSeconds(figures.aloneSeconds),
      formatSeconds(figures.busySeconds),
      formatCount(Math.round(figures.prefillTokensPerSecond)),
      formatCount(figures.cacheTokens),
      profile.title,
    ];
  });
  const table = [[heads.name, heads.alone, heads.busy, heads.prefill, heads.cache, heads.what], ...rows];
  for (const line of aligned(table)) print(line);
  print(`\n${profileNote}`);
  return EXIT.ok;
}

/** Columns of equal width: the first and the last to the left, figures to the right. */
function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => cells(row[column]!))));
  return table.map((row) =>
    row.map((text, column) => {
      const space = " ".repeat(widths[column]! - cells(text));
      if (column === row.length - 1) return text;
      return column === 0 ? text + space : space + text;
    }).join("  ")
  );
}

/** Cells of a terminal that a text takes: Chinese characters take two. */
function cells(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (/[\u1100-\uffe6]/.test(character) ? 2 : 1), 0);
}

/** Prints them. */
export function listVersions(json: boolean): number {
  print(json ? JSON.stringify(versions()) : versions().join("\n"));
  return EXIT.ok;
}

/** Prints them. */
export function listIncidents({ json, lang }: CommonOptions): number {
  const texts = incidentTexts(lang);
  if (json) {
    print(JSON.stringify(incidentsIn(lang), null, 2));
    return EXIT.ok;
  }
  const { incidentHeads: heads } = cliText(lang);
  const width = Math.max(...Object.values(heads).map(cells));
  for (const { name, parameters } of Object.values(INCIDENTS)) {
    const { title, cause, notice, tell } = texts[name];
    const known = Object.entries(parameters).map(([key, value]) => `${key}=${value}`).join(", ");
    print(`${name}: ${title}`);
    const told = [[heads.cause, cause], [heads.notice, notice], [heads.tell, tell], [
      heads.parameters,
      known,
    ]] as const;
    for (const [head, words] of told) {
      if (words !== "") print(`    ${head}${" ".repeat(width - cells(head))}  ${words}`);
    }
  }
  return EXIT.ok;
}
