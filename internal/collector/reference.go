package collector

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

//go:generate go test -run ReferenceIsUpToDate . -update

// Reference is the page docs/metrics.md: every metric that tells of Zoom or of
// the exporter, in Markdown.
func Reference() string {
	var page strings.Builder
	page.WriteString(referenceHead)
	for _, section := range sections {
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n| metric | type | labels | what it tells | over instances |\n|---|---|---|---|---|\n",
			section.title, section.text)
		for _, m := range section.metrics {
			labels := "–"
			if len(m.labels) > 0 {
				labels = "`" + strings.Join(m.labels, "`, `") + "`"
			}
			fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n", m.name, m.typeName(), labels, m.help, m.across)
		}
	}
	page.WriteString(referenceTail)
	page.WriteString(referenceAggregate)
	page.WriteString(referenceScore)
	return page.String()
}

func (m *metric) typeName() string {
	switch {
	case m.histogram:
		return "histogram"
	case m.kind == prometheus.CounterValue:
		return "counter"
	default:
		return "gauge"
	}
}

const referenceHead = `<!-- Generated from internal/collector by make docs; do not edit. -->
# Metrics

Everything is in base units: seconds, bytes, ratios from 0 to 1. A blank figure
of Zoom's gives no sample; a zero is a zero. Figures of people who left and of
meetings that ended are gone with the answer that says so; nothing carries an
explicit timestamp, so what is gone from ` + "`/metrics`" + ` is stale in Prometheus at
once.
`

const referenceTail = `
## Labels

| label | values |
|---|---|
| ` + "`account`" + ` | the account's configured name |
| ` + "`meeting`" + ` | UUID of the meeting's or webinar's instance, as Zoom writes it: it may hold ` + "`+`, `/` and `=`" + ` |
| ` + "`participant`" + ` | Zoom's user_id: one join of one person; who rejoins is another participant. ` + "`user`" + ` in ` + "`zoom_participant_info`" + ` is one person over rejoins and meetings |
| ` + "`media`" + ` | ` + "`audio`, `video`, `share`" + ` |
| ` + "`direction`" + ` | ` + "`sent`, `received`" + `, as the participant sees it; Zoom's "input" is sent |
| ` + "`via`" + ` | ` + "`client`" + `; ` + "`crc`" + ` for a room system through a Cloud Room Connector; ` + "`rwg`" + ` for a browser through a web gateway |
| ` + "`kind`" + ` | ` + "`meeting`, `webinar`" + ` |
| ` + "`verdict`" + ` | ` + "`good`, `fair`, `poor`, `bad`" + ` |
| ` + "`site`, `network_type`, `os`, `client_version`, `data_center`, `location`, `department`" + ` | of counted readings: the configured dimensions of whose streams they are; ` + "`other`" + ` in all of them where the table of label sets was full |
| ` + "`table`" + ` | ` + "`readings`" + ` with the sessions, ` + "`histograms`" + ` |
| ` + "`task`, `endpoint`" + ` | ` + "`oauth_token`" + ` and Zoom's endpoints as its granular scopes name them: ` + "`list_meetings`, `list_meeting_participants`, `list_meeting_participants_qos`, `list_meeting_participants_qos_summary`" + ` and the same for webinars; of probes ` + "`meeting`, `meeting_participant_qos`" + ` |
| ` + "`probe`" + ` | at ` + "`/probe`" + ` alone: ` + "`meeting`, `participant`" + `, what was probed |
| ` + "`pool`" + ` | ` + "`heavy_per_second`, `resource_intensive_per_minute`, `per_day`" + `; on the Free plan ` + "`heavy_per_day` and `resource_intensive_per_day`" + ` |
| ` + "`reason`" + ` | of requests: ` + "`not_live`, `no_access`, `scope`, `plan`, `token`, `credentials`, `rate_limited`, `server`, `body`, `timeout`, `network`, `canceled`, `other`" + `; of values: ` + "`malformed`, `unit`, `range`, `missing`" + `; of participants: ` + "`limit`, `no_id`, `unreadable`" + `; of lost readings: ` + "`too_old`, `no_answer`, `no_budget`, `limit`" + ` |

## Joins

Facts of people and meetings stand in the info series alone. Two Prometheus
servers or two replicas must not break a query: take figures by ` + "`max`" + `, and of the
facts, in which replicas may differ for minutes, one by ` + "`topk`" + `. A join with two that
differ fails. ` + "`probe=\"\"`" + ` leaves out what ` + "`/probe`" + ` shows:

` + "```promql" + `
max by (account, meeting, participant, media, direction, via) (zoom_qos_latency_seconds{probe=""})
* on (account, meeting, participant) group_left (site, network_type)
topk by (account, meeting, participant) (1, zoom_participant_info{probe=""})
` + "```" + `
`

const referenceAggregate = `
## Without participants

` + "`metrics: {participants: false}`" + ` in the configuration leaves out every series with
the label ` + "`participant`" + ` and makes the exporter **aggregate-only**: what is left
is of meetings, sites and accounts. Nothing else changes: as much is asked of
Zoom, and counted, and a reload switches it either way.
` + "`zoom_site_participants`" + ` is for counting people by site without
` + "`zoom_participant_info`" + `.
`

const referenceScore = `
## The estimated score

` + "`zoom_qos_audio_mos_estimate`" + ` is the short form of ITU-T's E-model (G.107),
with *d* in milliseconds and *loss* in percent:

` + "```text" + `
d   = latency + 2 * jitter + 10                  delay from mouth to ear, one way
Id  = 0.024 * d + 0.11 * max(0, d - 177.3)       its impairment (Cole and Rosenbluth, 2001)
Ie  = 95 * loss / (loss + 25.1)                  that of the loss: G.711 with concealment (G.113 App. I)
R   = 93.2 - Id - Ie                             the rating
MOS = 1 + 0.035 R + 0.000007 R (R - 60) (100 - R)     never below 1 (G.107 Annex B)
` + "```" + `

By it 4.34 and more is for very satisfied listeners, 4.03 for satisfied ones;
below 3.60 many are dissatisfied, below 3.10 nearly all (G.109). It is there
where latency, jitter and loss are all three.

It knows of the network only, and assumes:

- Zoom's latency is a round trip on the participant's side (the receiver of a
  packet returns its sender's time stamp). It is taken whole as the one-way
  delay between two people, as though the way to the others were as long as the
  participant's own.
- A receiver holds back twice the jitter, and coding takes 10 ms.
- Loss is at random. Zoom's codecs are of a wider band than G.711 and conceal
  more, but nobody has published their figures on this scale: compare streams,
  places and days with it, not with scores of other origin, Zoom's own
  included.
- ` + "`sent`" + ` is what the others hear of the participant, ` + "`received`" + ` what the
  participant hears. A muted stream scores as its network does.
`
