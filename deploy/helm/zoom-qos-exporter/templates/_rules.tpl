{{- /* The rule groups of all files in rules/, with the thresholds of the values and
       without the disabled alerts. Unknown names are refused, because a threshold
       without effect would be noticed too late. */ -}}
{{- define "zoom-qos-exporter.groups" -}}
{{- $values := .Values.prometheusRule -}}
{{- $unused := concat (keys $values.thresholds) $values.disabled -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "rules/*.yaml" -}}
  {{- range $group := ($.Files.Get $path | fromYaml).groups -}}
    {{- $rules := list -}}
    {{- range $rule := $group.rules -}}
      {{- $threshold := get $rule "record" | trimPrefix "zoom:threshold:" -}}
      {{- if and (ne $threshold (get $rule "record")) (hasKey $values.thresholds $threshold) -}}
        {{- $unused = without $unused $threshold -}}
        {{- $value := get $values.thresholds $threshold -}}
        {{- if kindIs "map" $value -}}
          {{- $value = get $value $rule.labels.verdict -}}
        {{- end -}}
        {{- if ne (toString $value) "" -}}
          {{- $_ := set $rule "expr" (printf "vector(%v)" $value) -}}
        {{- end -}}
      {{- end -}}
      {{- if has (get $rule "alert") $values.disabled -}}
        {{- $unused = without $unused $rule.alert -}}
      {{- else -}}
        {{- $rules = append $rules $rule -}}
      {{- end -}}
    {{- end -}}
    {{- if $rules -}}
      {{- $groups = append $groups (set $group "rules" $rules) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if $unused -}}
{{- fail (printf "prometheusRule: no threshold or alert is called %s" (join ", " $unused)) -}}
{{- end -}}
{{- if not $groups -}}
{{- fail "prometheusRule: the chart holds no rules. In the repository rules is a link: take the chart from a checkout that keeps links, or a packaged chart" -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}
