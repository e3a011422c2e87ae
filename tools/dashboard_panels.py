"""The panels of the dashboard: which there are, and what each asks Prometheus.

How they are written as Grafana reads them is in `grafana_dashboard.py`; `tests/monitoring` asks a real Prometheus.
"""

from dataclasses import dataclass

# What a query is asked of: the campaigns of the namespaces that are chosen, or the operators that are.
_CAMPAIGNS = 'job=~"$job", namespace=~"$namespace"'
_OPERATOR = 'job=~"$job"'
_HELD = 'state="Held"'
_WITHOUT_CALLS = 'state=~"Held|Missed|Rejected|Uncertain"'


@dataclass(frozen=True)
class Query:
    """One query of a panel. `legend` is the template of the name of a series."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel. `kind` is Grafana's type; one that is no time series asks for this moment only."""

    title: str
    description: str
    queries: tuple[Query, ...]
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    height: int = 8
    red_from: float | None = None
    """The value from which it is red."""

    stacked: bool = False
    most: float | None = None
    """The end of the scale."""


@dataclass(frozen=True)
class Row:
    """A heading with its panels."""

    title: str
    panels: tuple[Panel, ...]


def _of(name: str, labels: str = "", asked: str = _CAMPAIGNS) -> str:
    matchers = ", ".join(filter(None, (asked, labels)))
    return f"campaign_operator_{name}{{{matchers}}}"


def _rate(name: str, by: str, labels: str = "") -> str:
    return f"sum by ({by}) (rate({_of(name, labels, _OPERATOR)}[$__rate_interval]))"


def _quantile(quantile: float, name: str, by: str) -> str:
    return f"histogram_quantile({quantile}, {_rate(f'{name}_bucket', f'{by}, le' if by else 'le')})"


def _number(title: str, description: str, expr: str, red_from: float | None = None) -> Panel:
    return Panel(title, description, (Query(expr),), "stat", width=4, height=4, red_from=red_from)


ROWS = (
    Row(
        "Campaigns",
        (
            _number("Campaigns", "Campaigns that the operator serves.", f"sum({_of('campaign_info')})"),
            _number(
                "Not ready",
                "Campaigns whose condition Ready is not True.",
                f"sum({_of('campaign_info')}) - sum({_of('campaign_ready')})",
                red_from=1,
            ),
            _number("Stalled", "Campaigns that wait for a person.", f"sum({_of('campaign_stalled')})", red_from=1),
            _number(
                "Held windows",
                "Windows that wait for a person to say whether the dialer has their schedule.",
                f"sum({_of('windows', _HELD)})",
                red_from=1,
            ),
            _number(
                "Missed windows",
                "Windows that were missed in the time range.",
                f"sum(increase({_of('missed_windows_total', asked=_OPERATOR)}[$__range]))",
                red_from=1,
            ),
            _number(
                "Pending webhooks",
                "Campaigns with a webhook that is not delivered.",
                f"sum({_of('webhook_pending')})",
            ),
            Panel(
                "Campaigns by state",
                "STATE of kubectl get, over time.",
                (Query(f"sum by (state) ({_of('campaign_state')}) > 0", "{{state}}"),),
                stacked=True,
            ),
            Panel(
                "Not ready, by reason",
                "Reasons of campaigns that are not ready. The runbook has a section for each.",
                (Query(f"sum by (reason) ({_of('campaign_unready_reason')})", "{{reason}}"),),
                stacked=True,
            ),
            Panel(
                "Who needs attention",
                "Campaigns that are not ready at this moment, with the reason.",
                (Query(f"max by (namespace, name, reason) ({_of('campaign_unready_reason')})"),),
                "table",
            ),
        ),
    ),
    Row(
        "Runs",
        (
            Panel(
                "Progress by campaign",
                "Completed calls of the run that STATE shows, as a share of its expected calls, at most 100%.",
                (
                    Query(
                        "clamp_max(max by (namespace, name) "
                        f"({_of('run_completed_calls')} / ({_of('run_expected_calls')} > 0)), 1)",
                        "{{namespace}} {{name}}",
                    ),
                ),
                "bargauge",
                unit="percentunit",
                most=1,
            ),
            Panel(
                "Calls per minute",
                "Attempted and completed calls of all campaigns, as the operator reads them from the analytics.",
                (
                    Query(f"60 * sum(rate({_of('run_attempted_calls')}[$__rate_interval]))", "attempted"),
                    Query(f"60 * sum(rate({_of('run_completed_calls')}[$__rate_interval]))", "completed"),
                ),
                unit="cpm",
            ),
            Panel(
                "Completed calls per minute, by campaign",
                "The same by campaign.",
                (
                    Query(
                        f"60 * sum by (namespace, name) (rate({_of('run_completed_calls')}[$__rate_interval])) > 0",
                        "{{namespace}} {{name}}",
                    ),
                ),
                unit="cpm",
            ),
            Panel(
                "Next starts",
                "Next first start of a run by campaign, soonest first.",
                (Query(f"sort(1000 * min by (namespace, name) ({_of('next_run_timestamp_seconds')}))"),),
                "table",
                unit="dateTimeAsIso",
            ),
            Panel(
                "Windows by state",
                "Windows of runs that are not over.",
                (Query(f"sum by (state) ({_of('windows')}) > 0", "{{state}}"),),
                stacked=True,
            ),
            Panel(
                "Held, missed, rejected and uncertain windows",
                "Windows in which nobody may be called.",
                (
                    Query(
                        f"sum by (state) ({_of('windows', _WITHOUT_CALLS)})",
                        "{{state}}",
                    ),
                ),
            ),
        ),
    ),
    Row(
        "Dialer",
        (
            Panel(
                "Duration of requests, nine in ten",
                "Nine in ten requests to the dialer take no longer than this.",
                (Query(_quantile(0.9, "dialer_request_duration_seconds", "call"), "{{call}}"),),
                unit="s",
            ),
            Panel(
                "Requests by outcome",
                "Requests to the dialer in a second, by what became of them.",
                (Query(_rate("dialer_request_duration_seconds_count", "outcome"), "{{outcome}}"),),
                unit="reqps",
                stacked=True,
            ),
            Panel(
                "Requests without success",
                "Refused, throttled, unclear and unavailable requests in a second, by call.",
                (
                    Query(
                        _rate("dialer_request_duration_seconds_count", "call, outcome", 'outcome!="success"') + " > 0",
                        "{{call}} {{outcome}}",
                    ),
                ),
                unit="reqps",
            ),
            Panel(
                "Submissions by outcome",
                "Answers to requests to submit a schedule, in a second.",
                (Query(_rate("submissions_total", "outcome"), "{{outcome}}"),),
                unit="reqps",
            ),
            Panel(
                "Requests under way",
                "Requests to dialers that are under way or wait for a connection.",
                (Query(f"sum({_of('dialer_requests_under_way', asked=_OPERATOR)})", "under way"),),
            ),
            Panel(
                "Tokens and webhooks by outcome",
                "Requests to token endpoints and deliveries of webhooks, in a second.",
                (
                    Query(_rate("tokens_fetched_total", "outcome"), "token {{outcome}}"),
                    Query(_rate("webhook_deliveries_total", "outcome"), "webhook {{outcome}}"),
                ),
                unit="reqps",
            ),
        ),
    ),
    Row(
        "Operator",
        (
            Panel(
                "Leading replicas",
                "1 with leader election; 0 without it.",
                (Query(f"sum by (namespace, job) ({_of('leader', asked=_OPERATOR)})", "{{namespace}} {{job}}"),),
            ),
            Panel(
                "Lateness of checks",
                "Time from the moment at which a campaign is due to the beginning of its pass.",
                (
                    Query(_quantile(0.5, "alarm_lateness_seconds", ""), "half"),
                    Query(_quantile(0.99, "alarm_lateness_seconds", ""), "99 in 100"),
                ),
                unit="s",
            ),
            Panel(
                "Duration of a step, nine in ten",
                "Nine in ten steps of a pass take no longer than this, by action.",
                (Query(_quantile(0.9, "pass_duration_seconds", "action"), "{{action}}"),),
                unit="s",
            ),
            Panel(
                "Requests to the API server, nine in ten",
                "Nine in ten requests to the API server take no longer than this, by verb.",
                (Query(_quantile(0.9, "api_request_duration_seconds", "verb"), "{{verb}}"),),
                unit="s",
            ),
            Panel(
                "Passes",
                "Passes under way and waiting, and how many fail in a second.",
                (
                    Query(f"sum({_of('looks_under_way', asked=_OPERATOR)})", "under way"),
                    Query(f"sum({_of('looks_waiting', asked=_OPERATOR)})", "waiting"),
                    Query(f"sum(rate({_of('failed_passes_total', asked=_OPERATOR)}[$__rate_interval]))", "failed"),
                ),
            ),
            Panel(
                "Age of watches",
                "Time since the API server last answered a watch, which it does every four minutes.",
                (
                    Query(
                        f"max by (namespace, job) ({_of('watch_age_seconds', asked=_OPERATOR)})",
                        "{{job}} {{namespace}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Contact lists",
                "Rows of contact lists that were read in a second.",
                (Query(f"sum(rate({_of('contact_list_rows_total', asked=_OPERATOR)}[$__rate_interval]))", "rows"),),
            ),
            Panel(
                "CPU",
                "Cores that each replica uses.",
                (
                    Query(
                        f"rate(process_cpu_seconds_total{{{_OPERATOR}}}[$__rate_interval])"
                        f" and on (job, instance) {_of('build_info', asked=_OPERATOR)}",
                        "{{instance}}",
                    ),
                ),
            ),
            Panel(
                "Memory",
                "Resident memory of each replica.",
                (
                    Query(
                        f"process_resident_memory_bytes{{{_OPERATOR}}}"
                        f" and on (job, instance) {_of('build_info', asked=_OPERATOR)}",
                        "{{instance}}",
                    ),
                ),
                unit="bytes",
            ),
        ),
    ),
)
