{{- define "zoom-qos-exporter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "zoom-qos-exporter.fullname" -}}
{{- $name := include "zoom-qos-exporter.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "zoom-qos-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "zoom-qos-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "zoom-qos-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "zoom-qos-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "zoom-qos-exporter.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "zoom-qos-exporter.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "zoom-qos-exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The configuration file. A ConfigMap must not contain secrets. */ -}}
{{- define "zoom-qos-exporter.config" -}}
{{- range .Values.config.accounts -}}
{{- if hasKey . "client_secret" -}}
{{- fail "config.accounts: client_secret would stand in a ConfigMap; put it into the Secret that existingSecret names, and give client_secret_file: /etc/zoom-qos-exporter/secrets/KEY" -}}
{{- end -}}
{{- end -}}
{{- toYaml .Values.config -}}
{{- end -}}

{{- /* The health check. With a web configuration it runs the exporter's own command,
       which works without a password or certificate. */ -}}
{{- define "zoom-qos-exporter.probe" -}}
{{- $values := (index . 0).Values -}}
{{- if $values.web.existingSecret -}}
exec:
  command: [/bin/zoom-qos-exporter, healthcheck]
{{- else -}}
httpGet:
  path: {{ index . 1 }}
  port: metrics
{{- end -}}
{{- end -}}
