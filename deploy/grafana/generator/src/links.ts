// Links percent-encode values: a meeting's UUID may contain +, / and =, and the name
// of a site or an account any character. They keep the dashboard's variables and time
// range.

/** The source of a link's values: a table row, or the labels of a series. */
type Source = (label: string) => string;

/** The row's field with this name. */
export const row: Source = (label) => "${__data.fields." + label + ":percentencode}";

/** The series' label with this name. */
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

/** kind is the query parameter for the kind: a variable or a fixed value. */
export function toSite(from: Source, kind = "var-kind=$__all"): Link {
  return link("The site", "sites", "${account:queryparam}", kind, `var-site=${from("site")}`);
}

/** The kind selected on this dashboard. */
export const chosenKind = "${kind:queryparam}";

export function toExporter(from: Source): Link {
  return link("The exporter of this account", "exporter", `var-account=${from("account")}`);
}

export const toSites = link("Sites and networks", "sites", "${account:queryparam}", "${kind:queryparam}", "${site:queryparam}");
export const toLevels = link("Service levels", "service-levels", "${account:queryparam}", "${kind:queryparam}", "${site:queryparam}");
export const toWebinars = link("Webinars", "webinars", "${account:queryparam}");
export const toExporters = link("Exporter and budget", "exporter", "${account:queryparam}");
