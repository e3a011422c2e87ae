"""The operator's metrics, by prometheus-client; no label carries a contact or a secret, and here none names a campaign.

Owns their names, buckets, and the values of labels that are known: these have a series from the start, at 0, since
`rate` and `increase` do not see the first event of a series that begins with it. Each is counted where it happens.
"""

import platform
from collections.abc import Iterable, Sequence
from enum import StrEnum
from importlib.metadata import version
from typing import get_args

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram, Info

from campaign_operator.api.conditions import Reason
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.decisions.actions import Action
from campaign_operator.domain.dialing.delivery import DeliveryOutcome
from campaign_operator.domain.dialing.outcomes import CancelOutcome, SubmitOutcome
from campaign_operator.domain.planning.public_holidays import holidays_version
from campaign_operator.domain.planning.zones import TZDATA_VERSION

# a second series for each, with the time at which it began, which nobody asks for
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it has no types


class RequestOutcome(StrEnum):
    """What became of a request, as far as it matters to whoever watches a dialer."""

    SUCCESS = "success"
    """It was answered as it should be."""

    REFUSED = "refused"
    """The dialer, or a rule of the operator, said no."""

    THROTTLED = "throttled"
    """429."""

    UNCLEAR = "unclear"
    """It may have been carried out, and nobody knows."""

    UNAVAILABLE = "unavailable"
    """There was no usable answer, and asking again does no harm."""


class DialerCall(StrEnum):
    """The requests to a dialer."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    LIST = "list"
    CHECK_ACCESS = "check_access"
    ANALYTICS = "analytics"


def _names(union: object) -> list[str]:
    return [kind.__name__ for kind in get_args(union)]


def _counter(name: str, documentation: str, label: str, known: Iterable[str]) -> Counter:
    counter = Counter(name, documentation, [label])
    for value in known:
        counter.labels(value)
    return counter


def _histogram(
    name: str, documentation: str, labels: Sequence[str], known: Iterable[tuple[str, ...]], buckets: Sequence[float]
) -> Histogram:
    histogram = Histogram(name, documentation, labels, buckets=buckets)
    for values in known:
        histogram.labels(*values)
    return histogram


unexpected_errors = Counter(
    "campaign_operator_unexpected_errors_total", "Passes that ended in an unexpected error: a bug."
)
failed_passes = Counter(
    "campaign_operator_failed_passes_total",
    "Passes that failed, because the API server did not answer as expected or by a bug, and are retried.",
)
pass_duration = _histogram(
    "campaign_operator_pass_duration_seconds",
    "Duration of one step of a pass, by its action: to observe and decide, and to carry the action out.",
    ["action"],
    [(action,) for action in _names(Action)],
    (0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300),
)
alarm_lateness = Histogram(
    "campaign_operator_alarm_lateness_seconds",
    "Time from the moment at which a campaign was due for a check to the beginning of its pass.",
    buckets=(0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600),
)
submissions = _counter(
    "campaign_operator_submissions_total",
    "Answers to requests to submit a schedule, by outcome.",
    "outcome",
    _names(SubmitOutcome),
)
cancellations = _counter(
    "campaign_operator_cancellations_total",
    "Answers to requests to cancel a schedule, by outcome.",
    "outcome",
    _names(CancelOutcome),
)
permission_lapses = Counter(
    "campaign_operator_permission_lapses_total",
    "Requests that were not sent because the permission to send had expired, or the window had started.",
)
uncertain_windows_resolved = _counter(
    "campaign_operator_uncertain_windows_resolved_total",
    "Windows of which it was not known whether they had been submitted, by the state in which that ended.",
    "outcome",
    (WindowState.SUBMITTED, WindowState.PLANNED, WindowState.HELD),
)
missed_windows = Counter(
    "campaign_operator_missed_windows_total", "Windows that became Missed: it was too late to submit them."
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
idle_actions = _counter(
    "campaign_operator_idle_actions_total",
    "Actions that changed nothing, because of a bug or a dialer that contradicts itself, and were skipped in the pass.",
    "action",
    _names(Action),
)
status_writes = _counter(
    "campaign_operator_status_writes_total",
    "Writes of a campaign's status, by outcome; `pruned` by an older CustomResourceDefinition.",
    "outcome",
    ("written", "conflict", "failed", "pruned"),
)
unusable_campaigns = _counter(
    "campaign_operator_unusable_campaigns_total",
    "Checks of campaigns that this version cannot process, by reason.",
    "reason",
    (Reason.STATUS_UNREADABLE, Reason.SPEC_UNREADABLE, Reason.CUSTOM_RESOURCE_DEFINITION_OUTDATED),
)
deliveries = _counter(
    "campaign_operator_webhook_deliveries_total",
    "Attempts to deliver a webhook, by outcome.",
    "outcome",
    _names(DeliveryOutcome),
)

list_readings = _counter(
    "campaign_operator_contact_list_readings_total",
    "Times that the contact lists of a campaign were read, by outcome; a reason if nothing was read.",
    "outcome",
    (
        *("Read", "Unmodified"),
        *(Reason.CONTACTS_UNAVAILABLE, Reason.CONTACTS_UNREADABLE, Reason.CONTACTS_NOT_FOUND),
    ),
)
list_rows = Counter("campaign_operator_contact_list_rows_total", "Rows of contact lists that were read, valid or not.")
list_reading_duration = Histogram(
    "campaign_operator_contact_list_reading_duration_seconds",
    "Duration of a reading of the contact lists of a campaign, with the download.",
    buckets=(0.01, 0.1, 0.5, 1, 5, 15, 60, 120, 300, 600),
)

dialer_request_duration = _histogram(
    "campaign_operator_dialer_request_duration_seconds",
    "Duration of a request to a dialer, from the wait for a connection to the end of the answer, by call and outcome.",
    ["call", "outcome"],
    [
        (call, outcome)
        for call in DialerCall
        for outcome in RequestOutcome
        if call is DialerCall.SUBMIT or outcome is not RequestOutcome.UNCLEAR  # whatever may be repeated is not unclear
    ],
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
dialer_requests_under_way = Gauge(
    "campaign_operator_dialer_requests_under_way", "Requests to dialers that are under way, or wait for a connection."
)
tokens_fetched = _counter(
    "campaign_operator_tokens_fetched_total",
    "Requests to token endpoints, by outcome.",
    "outcome",
    (RequestOutcome.SUCCESS, RequestOutcome.REFUSED, RequestOutcome.THROTTLED, RequestOutcome.UNAVAILABLE),
)
api_request_duration = _histogram(
    "campaign_operator_api_request_duration_seconds",
    "Duration of a request of the operator to the API server, by verb; without the watches and their lists.",
    ["verb"],
    [("GET",), ("POST",), ("PUT",), ("PATCH",)],
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)

leader = Gauge("campaign_operator_leader", "Whether this replica holds the Lease; always 0 without leader election.")
leader_election = Gauge(
    "campaign_operator_leader_election",
    "Whether this replica takes part in a leader election: 0 without --leader-elect.",
)
namespace_watched = Gauge(
    "campaign_operator_namespace_watched",
    "Whether the campaigns of a namespace are watched at this moment; all namespaces have an empty name.",
    ["namespace"],
)
watch_age = Gauge(
    "campaign_operator_watch_age_seconds",
    "Time since the API server last answered the watch of a namespace, which it does every four minutes.",
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

build = Info("campaign_operator_build", "Always 1, for the version of the operator and of Python.")
build.info({"version": version("campaign-operator"), "python_version": platform.python_version()})
tzdata = Info("campaign_operator_tzdata", "Always 1, for the version of the time zone database.")
tzdata.info({"version": TZDATA_VERSION})
holidays = Info("campaign_operator_holidays", "Always 1, for the version of the holidays package.")
holidays.info({"version": holidays_version()})
