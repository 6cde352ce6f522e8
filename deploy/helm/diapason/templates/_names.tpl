{{- define "diapason.labels" -}}
app.kubernetes.io/name: diapason
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "diapason.selector" -}}
app.kubernetes.io/name: diapason
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "diapason.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* What the server and its migration are told alike. */}}
{{- define "diapason.environment" -}}
- name: DIAPASON_URL
  value: {{ .Values.url | quote }}
- name: DIAPASON_PORT
  value: "9977"
- name: DIAPASON_TRUSTED_PROXIES
  value: {{ .Values.trustedProxies | quote }}
- name: DIAPASON_HASH_CONCURRENCY
  value: {{ .Values.hashConcurrency | quote }}
- name: DIAPASON_DATABASE
  valueFrom:
    secretKeyRef: { name: {{ .Values.secretName | quote }}, key: database }
- name: DIAPASON_SECRET
  valueFrom:
    secretKeyRef: { name: {{ .Values.secretName | quote }}, key: secret }
- name: DIAPASON_SMTP_URL
  valueFrom:
    secretKeyRef: { name: {{ .Values.secretName | quote }}, key: smtp-url, optional: true }
- name: DIAPASON_METRICS_TOKEN
  valueFrom:
    secretKeyRef: { name: {{ .Values.secretName | quote }}, key: metrics-token, optional: true }
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- define "diapason.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}
