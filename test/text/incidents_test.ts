import assert from "node:assert/strict";
import { INCIDENT_NAMES } from "../../src/simulator/engine/incidents.ts";
import { incidentTexts } from "../../src/text/incidents.ts";
import { LANGUAGES } from "../../src/text/language.ts";

Deno.test("incidentTexts() has a whole sentence for every part of every incident in every language", () => {
  for (const language of LANGUAGES) {
    const texts = incidentTexts(language);
    assert.deepEqual(Object.keys(texts), [...INCIDENT_NAMES]);
    for (const [name, { title, cause, notice, tell }] of Object.entries(texts)) {
      assert.ok(title.length > 2, `${language} ${name}`);
      for (const sentence of [cause, notice, tell]) {
        assert.match(sentence, /[.。]$/, `${language} ${name}: ${sentence}`);
      }
    }
  }
});
