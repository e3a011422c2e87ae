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
    "campaign_operator_schedules_orphaned_total", "Schedules that may still dial for campaigns that are gone."
)
status_writes = Counter(
    "campaign_operator_status_writes_total", "Writes of a campaign's status, by how they ended.", ["outcome"]
)
list_readings = Counter(
    "campaign_operator_contact_list_readings_total",
    "Readings of a campaign's contact lists, by how they ended; a reason where nothing was read.",
    ["outcome"],
)
deliveries = Counter(
    "campaign_operator_webhook_deliveries_total", "Attempts at a webhook, by what they were.", ["outcome"]
)


def serve(port: int) -> None:
    """Serve /metrics on all addresses of the pod from a thread of its own."""
    start_http_server(port)
