{{- define "campaign-operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of everything in the release's namespace: that of the release, with the chart's unless it is in it. */}}
{{- define "campaign-operator.fullname" -}}
{{- $name := include "campaign-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of what lies outside the release's namespace: two releases of one name in two namespaces must not share it. */}}
{{- define "campaign-operator.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "campaign-operator.fullname" .) -}}
{{- end -}}

{{- define "campaign-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "campaign-operator.fullname" .) -}}
{{- end -}}

{{- define "campaign-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "campaign-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "campaign-operator.labels" -}}
{{ include "campaign-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "campaign-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* What the operator may do with campaigns, always in the whole cluster: a Role goes before the campaigns of a namespace that is
deleted, and their schedules would dial on. */}}
{{- define "campaign-operator.campaignRules" -}}
# Patch is for finalizers and annotations in the metadata: the operator never writes a spec, and RBAC cannot tell them apart.
- apiGroups: [campaign-operator.io]
  resources: [outboundcampaigns]
  verbs: [get, list, watch, patch]
# Patch is for the conditions of a campaign whose status cannot be written as a whole.
- apiGroups: [campaign-operator.io]
  resources: [outboundcampaigns/status]
  verbs: [update, patch]
# The state of a campaign's namespace: in one that is being deleted no Event can be written any more.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{- end -}}

{{/* What the operator may do with everything else, in each namespace that it looks after. */}}
{{- define "campaign-operator.namespaceRules" -}}
# Connections and webhook keys, each by the name that a campaign gives. Never listed or watched: that would
# hand over everything in the namespace.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
  {{- with .Values.rbac.secretNames }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
# Contact lists and calendars, likewise by name.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* The watched namespaces that are gone, as JSON. Only an upgrade leaves them out: in an installation, a name that does not exist is
a mistake. Without a cluster nothing can be looked up, not even the release's own namespace, and nothing is left out. */}}
{{- define "campaign-operator.goneNamespaces" -}}
{{- $gone := list -}}
{{- if and .Release.IsUpgrade (lookup "v1" "Namespace" "" .Release.Namespace) -}}
{{- range .Values.watchNamespaces -}}
{{- if ne (dig "status" "phase" "" (lookup "v1" "Namespace" "" .)) "Active" -}}
{{- $gone = append $gone . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $gone -}}
{{- end -}}

{{/* `run` and `check` are told the same of what to watch. */}}
{{- define "campaign-operator.watched" -}}
{{- range $index, $namespace := .Values.watchNamespaces }}
{{- if $index }}
{{ end -}}
- {{ printf "--namespace=%s" $namespace | quote }}
{{- else -}}
- --all-namespaces
{{- end }}
{{- with .Values.campaignSelector }}
- {{ printf "--campaign-selector=%s" . | quote }}
{{- end }}
{{- end -}}

{{/* `run` and `check` are told the same of the Lease. */}}
{{- define "campaign-operator.elected" -}}
- --leader-elect
- {{ printf "--leader-elect-resource-namespace=%s" .Release.Namespace | quote }}
- {{ printf "--leader-elect-resource-name=%s" (include "campaign-operator.fullname" .) | quote }}
{{- end -}}

{{/* The policy as the text of its file. */}}
{{- define "campaign-operator.callingHoursPolicy" -}}
{{- if kindIs "string" .Values.callingHoursPolicy -}}
{{- .Values.callingHoursPolicy -}}
{{- else -}}
{{- toYaml .Values.callingHoursPolicy -}}
{{- end -}}
{{- end -}}

{{/* `run` and `check` read the same policy. */}}
{{- define "campaign-operator.policyArgument" -}}
- --calling-hours-policy=/etc/campaign-operator/policy/policy.yaml
{{- end -}}

{{- define "campaign-operator.policyMount" -}}
- name: policy
  mountPath: /etc/campaign-operator/policy
  readOnly: true
{{- end -}}

{{- define "campaign-operator.policyVolume" -}}
- name: policy
  configMap:
    name: {{ include "campaign-operator.fullname" . }}-calling-hours-policy
{{- end -}}

{{- define "campaign-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "campaign-operator.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
