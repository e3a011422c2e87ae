"""The operator's metrics, by prometheus-client; no label carries a campaign, contact or secret."""

from prometheus_client import Counter, Gauge

unexpected_errors = Counter(
    "campaign_operator_unexpected_errors_total", "Reconciliations of a campaign that failed with an unexpected error."
)
submissions = Counter(
    "campaign_operator_submissions_total", "Answers to requests to submit a schedule, by outcome.", ["outcome"]
)
cancellations = Counter(
    "campaign_operator_cancellations_total",
    "Answers to requests to cancel a schedule, by outcome.",
    ["outcome"],
)
orphaned = Counter(
    "campaign_operator_schedules_orphaned_total",
    "Schedules of deleted campaigns that had not started and can still dial.",
)
schedules_left_dialing = Counter(
    "campaign_operator_schedules_left_dialing_total", "Schedules of deleted campaigns that had started."
)
schedules_drifted = Counter(
    "campaign_operator_schedules_drifted_total",
    "Schedules that the dialer no longer lists as submitted.",
)
idle_actions = Counter(
    "campaign_operator_idle_actions_total",
    "Actions that changed nothing and were skipped for the rest of the reconciliation.",
    ["action"],
)
status_writes = Counter(
    "campaign_operator_status_writes_total", "Writes of a campaign's status, by outcome.", ["outcome"]
)
unusable_campaigns = Counter(
    "campaign_operator_unusable_campaigns_total",
    (
        "Campaigns whose spec or status this version cannot read, or whose status the API server does not store as "
        "written; counted each time."
    ),
    ["reason"],
)
list_readings = Counter(
    "campaign_operator_contact_list_readings_total",
    "Times that the contact lists of a campaign were read, by outcome; a reason if nothing was read.",
    ["outcome"],
)
deliveries = Counter(
    "campaign_operator_webhook_deliveries_total", "Attempts to deliver a webhook, by outcome.", ["outcome"]
)

leader = Gauge("campaign_operator_leader", "Whether this replica holds the Lease; always 0 without leader election.")
namespace_watched = Gauge(
    "campaign_operator_namespace_watched",
    "Whether the campaigns of a namespace are watched at this moment; all namespaces have an empty name.",
    ["namespace"],
)
tasks = Gauge("campaign_operator_tasks", "Tasks of the event loop at the moment of the scrape.")
looks_under_way = Gauge(
    "campaign_operator_looks_under_way", "Campaigns that the operator is looking at, at the moment of the scrape."
)
looks_waiting = Gauge(
    "campaign_operator_looks_waiting",
    "Campaigns that wait for their turn to be looked at, at the moment of the scrape.",
)
