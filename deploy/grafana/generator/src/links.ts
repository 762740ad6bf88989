// Values go into addresses percent-encoded: a meeting's UUID may hold +, / and
// =, and a site or an account's name anything. What is chosen on a dashboard
// goes along, and so does its time range.

/** Where the values of a link come from: a table's row, or a series' labels. */
type Source = (label: string) => string;

/** A row of a table: its field of that name. */
export const row: Source = (label) => "${__data.fields." + label + ":percentencode}";

/** A series: its label of that name. */
export const series: Source = (label) => "${__field.labels." + label + ":percentencode}";

/** A link to another dashboard. */
export interface Link {
  title: string;
  url: string;
}

function link(title: string, dashboard: string, ...variables: string[]): Link {
  return { title, url: `/d/zoom-qos-${dashboard}?${["${datasource:queryparam}", ...variables, "${__url_time_range}"].join("&")}` };
}

export function toMeeting(from: Source): Link {
  return link("The meeting", "meeting", `var-account=${from("account")}`, `var-meeting=${from("meeting")}`);
}

export function toWebinar(from: Source): Link {
  return link("The webinar's panelists", "webinars", `var-account=${from("account")}`, `var-meeting=${from("meeting")}`);
}

export function toPerson(from: Source): Link {
  return link(
    "This person in all meetings", "participant",
    `var-account=${from("account")}`, `var-user=${from("user")}`, "var-meeting=$__all", "var-participant=$__all",
  );
}

export function toJoin(from: Source): Link {
  return link(
    "This person in this meeting", "participant",
    `var-account=${from("account")}`, `var-user=${from("user")}`,
    `var-meeting=${from("meeting")}`, `var-participant=${from("participant")}`,
  );
}

/** kind is what the site's dashboard begins with: a variable's format, or a fixed choice. */
export function toSite(from: Source, kind = "var-kind=$__all"): Link {
  return link("The site", "sites", "${account:queryparam}", kind, `var-site=${from("site")}`);
}

/** The kind that is chosen on this dashboard. */
export const chosenKind = "${kind:queryparam}";

export function toExporter(from: Source): Link {
  return link("The exporter of this account", "exporter", `var-account=${from("account")}`);
}

export const toSites = link("Sites and networks", "sites", "${account:queryparam}", "${kind:queryparam}", "${site:queryparam}");
export const toLevels = link("Service levels", "service-levels", "${account:queryparam}", "${kind:queryparam}", "${site:queryparam}");
export const toWebinars = link("Webinars", "webinars", "${account:queryparam}");
export const toExporters = link("Exporter and budget", "exporter", "${account:queryparam}");
