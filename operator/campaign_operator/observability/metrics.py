"""The operator's metrics, by prometheus-client; no label carries a campaign, contact or secret."""

from prometheus_client import Counter, start_http_server

unforeseen_errors = Counter(
    "campaign_operator_unforeseen_errors_total", "Passes over a campaign that ended in an unforeseen error."
)
submissions = Counter(
    "campaign_operator_submissions_total", "Answers to requests for a schedule, by what they were.", ["outcome"]
)
cancellations = Counter(
    "campaign_operator_cancellations_total",
    "Answers to requests to cancel a schedule, by what they were.",
    ["outcome"],
)
orphaned = Counter(
    "campaign_operator_schedules_orphaned_total",
    "Schedules that have not started and may still dial for campaigns that are gone.",
)
schedules_left_dialing = Counter(
    "campaign_operator_schedules_left_dialing_total", "Schedules that had started when their campaign went."
)
schedules_drifted = Counter(
    "campaign_operator_schedules_drifted_total",
    "Schedules that the dialer does not list any more as they were submitted.",
)
idle_actions = Counter(
    "campaign_operator_idle_actions_total",
    "Actions that changed nothing, each passed over for the rest of its pass.",
    ["action"],
)
status_writes = Counter(
    "campaign_operator_status_writes_total", "Writes of a campaign's status, by how they ended.", ["outcome"]
)
unusable_campaigns = Counter(
    "campaign_operator_unusable_campaigns_total",
    "Looks at campaigns whose spec or status this version cannot read, or whose status is not kept as written.",
    ["reason"],
)
list_readings = Counter(
    "campaign_operator_contact_list_readings_total",
    "Readings of a campaign's contact lists, by how they ended; a reason where nothing was read.",
    ["outcome"],
)
deliveries = Counter(
    "campaign_operator_webhook_deliveries_total", "Attempts at a webhook, by what they were.", ["outcome"]
)


def serve_metrics(port: int) -> None:
    """Serve /metrics on all addresses of the pod from a thread of its own."""
    start_http_server(port)
