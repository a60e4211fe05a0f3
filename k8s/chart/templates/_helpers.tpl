{{- define "dsotp.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}

{{- define "dsotp.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What selects the platform's pod, and no other of the release. */}}
{{- define "dsotp.platformLabels" -}}
{{ include "dsotp.selectorLabels" . }}
app.kubernetes.io/component: platform
{{- end }}

{{- define "dsotp.labels" -}}
{{ include "dsotp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* A reference to an image, by digest where there is one. Given: (dict "image" … "tag" default tag). */}}
{{- define "dsotp.image" -}}
{{- if .image.digest }}{{ .image.repository }}@{{ .image.digest }}
{{- else }}{{- $tag := default .tag .image.tag | required (printf "the image %s needs a tag or a digest" .image.repository) }}
{{- if eq (toString $tag) "latest" }}{{ fail (printf "the image %s has the tag latest (expected the tag of one version, or a digest): a restarted pod could be another program" .image.repository) }}{{ end }}
{{- .image.repository }}:{{ $tag }}
{{- end }}
{{- end }}

{{- define "dsotp.secretName" -}}
{{ default (include "dsotp.fullname" .) .Values.access.existingSecret }}
{{- end }}

{{/* The variable of the environment that holds a user's password. Names are of a-z, 0-9 and -, so that no two of them meet. */}}
{{- define "dsotp.passwordVariable" -}}
DSOTP_PASSWORD_{{ . | upper | replace "-" "_" }}
{{- end }}

{{/* Refuses a user whom access.users does not name. Given: (dict "root" $ "user" name "value" the value's path). */}}
{{- define "dsotp.requireUser" -}}
{{- $names := list }}{{- range .root.Values.access.users }}{{- $names = append $names .name }}{{- end }}
{{- if not (has .user $names) }}{{ fail (printf "%s is '%s', who is not in access.users (expected one of %s)" .value .user (join ", " $names)) }}{{ end }}
{{- end }}

{{/*
A user's password, base64: the one that is given, or that the cluster has kept, or a new one, which is kept in the values so that every template
of one rendering sees the same. Given: (dict "root" $ "user" name).
*/}}
{{- define "dsotp.password" -}}
{{- $passwords := .root.Values.access.passwords }}
{{- if not (hasKey $passwords .user) }}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace (include "dsotp.secretName" .root) | default dict }}
{{- $kept := index (get $secret "data" | default dict) .user }}
{{- $_ := set $passwords .user (ternary ($kept | default "" | b64dec) (randAlphaNum 24) (not (empty $kept))) }}
{{- end }}
{{- index $passwords .user | toString | b64enc }}
{{- end }}

{{/* site.yaml: the bundled site's, what the values say over it, and what is the chart's to say. */}}
{{- define "dsotp.site" -}}
{{- $site := dict }}
{{- with .Values.site.bundled }}
{{- $site = $.Files.Get (printf "sites/%s/site.yaml" .) | required (printf "site.bundled is '%s', but the chart has no sites/%s/site.yaml" . .) | fromYaml }}
{{- end }}
{{- $site = mergeOverwrite $site (deepCopy .Values.site.settings) }}
{{- $_ := set $site "site" (default (default .Release.Name (get $site "site")) .Values.site.name) }}
{{- $_ := set $site "databus" (mergeOverwrite (include "dsotp.databusSettings" (dict "databus" (get $site "databus" | default dict) "external" .Values.databus.external.addresses) | fromYaml) (include "dsotp.databus" . | fromYaml)) }}
{{- $_ := set $site "gateway" (mergeOverwrite (get $site "gateway" | default dict) (dict "listen" "0.0.0.0:8080")) }}
{{- if ne .Values.storage.driver "embedded" }}{{- $_ := set $site "storage" (mergeOverwrite (get $site "storage" | default dict) (include "dsotp.engine" . | fromYaml)) }}{{- end }}
{{- $users := list }}
{{- range .Values.access.users }}
{{- $users = append $users (dict "name" .name "role" .role "password" (printf "${%s}" (include "dsotp.passwordVariable" .name))) }}
{{- end }}
{{- $_ := set $site "access" (mergeOverwrite (get $site "access" | default dict) (dict "users" $users)) }}
{{- $plugins := get $site "plugins" | default dict }}
{{- if or .Values.plugins.image.repository .Values.plugins.volume }}{{- $_ := set $plugins "folders" (list "/opt/dsotp/plugins") }}{{- end }}
{{- if .Values.plugins.trust }}{{- $_ := set $plugins "trust" .Values.plugins.trust }}{{- end }}
{{- if $plugins }}{{- $_ := set $site "plugins" $plugins }}{{- end }}
{{- toYaml $site }}
{{- end }}

{{/* The site's own settings of the databus, without those that an external broker has itself. */}}
{{- define "dsotp.databusSettings" -}}
{{- if .external }}{{ omit .databus "listen" "maximum_connections" "driver" | toYaml }}{{ else }}{{ toYaml .databus }}{{ end }}
{{- end }}

{{/* What is the chart's to say of the databus: where it listens, or the external broker. */}}
{{- define "dsotp.databus" -}}
{{- $external := .Values.databus.external }}
{{- if not $external.addresses }}
listen: 0.0.0.0:1883
{{- else }}
driver: mqtt
broker:
  addresses: {{- toYaml $external.addresses | nindent 4 }}
  {{- with $external.user }}
  user: {{ . | quote }}
  password: ${DSOTP_BROKER_PASSWORD}
  {{- end }}
  {{- if $external.tls.enabled }}
  {{- if or $external.tls.secret $external.tls.serverName }}
  tls:
    {{- if $external.tls.secret }}
    ca: /etc/dsotp/broker/{{ $external.tls.caKey }}
    {{- with $external.tls.certificateKey }}
    certificate: /etc/dsotp/broker/{{ . }}
    key: /etc/dsotp/broker/{{ required "databus.external.tls.certificateKey needs keyKey, the key of the certificate" $external.tls.keyKey }}
    {{- end }}
    {{- end }}
    {{- with $external.tls.serverName }}
    server_name: {{ . | quote }}
    {{- end }}
  {{- else }}
  tls: {}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* How many hosts run the site; more than one only where they share databus and store, and hold leases. */}}
{{- define "dsotp.replicas" -}}
{{- if gt (int .Values.replicaCount) 1 }}
{{- $site := include "dsotp.site" . | fromYaml }}
{{- $databus := dig "databus" "driver" "embedded" $site }}
{{- $storage := dig "storage" "driver" "embedded" $site }}
{{- if ne $databus "mqtt" }}{{ fail (printf "replicaCount is %d, but each host would have a databus of its own (expected databus.external with the addresses of a broker; got driver %s)" (int .Values.replicaCount) $databus) }}{{ end }}
{{- if eq $storage "embedded" }}{{ fail (printf "replicaCount is %d, but each host would have a store of its own (expected site.settings.storage.driver: influxdb or victoriametrics; got embedded)" (int .Values.replicaCount)) }}{{ end }}
{{- if not (hasKey $site "hosts") }}{{ fail (printf "replicaCount is %d, but every service would run on every host (expected site.settings.hosts, such as {ttl: 5s}; got nothing)" (int .Values.replicaCount)) }}{{ end }}
{{- if .Values.persistence.existingClaim }}{{ fail (printf "replicaCount is %d, but all hosts would write to the claim %s (expected no persistence.existingClaim, so that each pod gets one)" (int .Values.replicaCount) .Values.persistence.existingClaim) }}{{ end }}
{{- end }}
{{- .Values.replicaCount }}
{{- end }}

{{/* `storage` of site.yaml for an engine outside of the pod. */}}
{{- define "dsotp.engine" -}}
{{- with .Values.storage }}
{{- if not (or .url (and .writeUrl .queryUrl)) }}{{ fail "storage.driver names an engine without an address (expected storage.url, or writeUrl and queryUrl of a cluster)" }}{{ end }}
{{- if and .url (or .writeUrl .queryUrl) }}{{ fail "storage.url and an address of a cluster are both given (expected url alone, or writeUrl and queryUrl)" }}{{ end }}
{{- if and .password .existingSecret }}{{ fail "storage.password and storage.existingSecret are both given (expected one of them)" }}{{ end }}
driver: {{ .driver }}
{{- if .url }}
url: {{ .url | quote }}
{{- else }}
write_url: {{ .writeUrl | quote }}
query_url: {{ .queryUrl | quote }}
{{- end }}
{{- with .user }}
user: {{ . | quote }}
{{- end }}
{{- if or .password .existingSecret }}
password: "${DSOTP_STORAGE_PASSWORD}"
{{- end }}
{{- if .caConfigMap }}
ca_file: /etc/dsotp/storage/ca.crt
{{- end }}
{{- with .spoolSize }}
spool_size: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret with the engine's password, empty if there is none. */}}
{{- define "dsotp.engineSecret" -}}
{{- if ne .Values.storage.driver "embedded" }}
{{- if .Values.storage.existingSecret }}{{ .Values.storage.existingSecret }}
{{- else if .Values.storage.password }}{{ include "dsotp.fullname" . }}-storage{{ end }}
{{- end }}
{{- end }}

{{/* Egress rules for the engine: its name's resolution, and its ports. Nothing with the embedded store. */}}
{{- define "dsotp.engineEgress" -}}
{{- if ne .Values.storage.driver "embedded" }}
{{- $ports := list }}
{{- range (list .Values.storage.url .Values.storage.writeUrl .Values.storage.queryUrl) }}
{{- if . }}
{{- $default := ternary 443 80 (hasPrefix "https:" .) }}
{{- $ports = append $ports (int (default $default (regexFind ":[0-9]+$" (urlParse .).host | trimPrefix ":"))) }}
{{- end }}
{{- end }}
- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
- ports:
    {{- range uniq $ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.storage.egressTo }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The files of the site below its folders as JSON, {folder: {name: text}}: the bundled site's, what the values add or put in their place. */}}
{{- define "dsotp.files" -}}
{{- $folders := dict "services" dict }}
{{- if .Values.site.bundled }}
{{- range $path, $text := .Files.Glob (printf "sites/%s/*/*" .Values.site.bundled) }}
{{- $folder := base (dir $path) }}
{{- if not (hasKey $folders $folder) }}{{- $_ := set $folders $folder dict }}{{- end }}
{{- $_ := set (get $folders $folder) (base $path) (toString $text) }}
{{- end }}
{{- else }}
{{- $_ := set $folders.services "database-adapter.yaml" (.Files.Get "sites/demo/services/database-adapter.yaml") }}
{{- end }}
{{- range $name, $text := .Values.site.services }}{{- $_ := set $folders.services $name $text }}{{- end }}
{{- range $path, $text := .Values.site.files }}
{{- $folder := dir $path }}
{{- if not (hasKey $folders $folder) }}{{- $_ := set $folders $folder dict }}{{- end }}
{{- $_ := set (get $folders $folder) (base $path) $text }}
{{- end }}
{{- range $folder, $files := $folders }}
{{- range $name, $text := $files }}{{- if empty $text }}{{- $_ := unset $files $name }}{{- end }}{{- end }}
{{- end }}
{{- toJson $folders }}
{{- end }}

{{/* What a folder of the site is called where Kubernetes allows a-z, 0-9 and - alone. */}}
{{- define "dsotp.folderName" -}}
{{ . | lower | replace "_" "-" | replace "." "-" }}
{{- end }}

{{/* What every container may do: nothing but run. */}}
{{- define "dsotp.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- end }}

{{- define "dsotp.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.securityContext }}
{{- with .runAsUser }}
runAsUser: {{ int . }}
{{- end }}
{{- with .runAsGroup }}
runAsGroup: {{ int . }}
{{- end }}
{{- with .fsGroup }}
fsGroup: {{ int . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}
