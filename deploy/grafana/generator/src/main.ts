import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { make } from "./dashboard.js";
import { exporter } from "./dashboards/exporter.js";
import { meeting } from "./dashboards/meeting.js";
import { overview } from "./dashboards/overview.js";
import { participant } from "./dashboards/participant.js";
import { serviceLevels } from "./dashboards/service-levels.js";
import { sites } from "./dashboards/sites.js";
import { webinars } from "./dashboards/webinars.js";
import { readThresholds } from "./thresholds.js";

const [thresholds, directory] = process.argv.slice(2);
if (thresholds === undefined || directory === undefined) {
  console.error("usage: node build/main.js THRESHOLDS.yaml DIRECTORY");
  process.exit(2);
}

const t = readThresholds(thresholds);
mkdirSync(directory, { recursive: true });
for (const definition of [overview, meeting, participant, sites, webinars, serviceLevels, exporter].map((define) => define(t))) {
  writeFileSync(join(directory, `${definition.name}.json`), `${JSON.stringify(make(definition), null, 2)}\n`);
}
