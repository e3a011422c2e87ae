"""The JSON that `kubectl campaign status -o json` prints, described by docs/kubectl-campaign-status.schema.json.

Owns its fields. They are an interface: fields are added, and never renamed or taken away.
"""

from datetime import datetime

from pydantic import Field

from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.validation.wire_model import WireModel
from kubectl_campaign.attention import WORDS, attention_to
from kubectl_campaign.clock_words import clock_of
from kubectl_campaign.seen_campaign import SeenCampaign, next_moments, waits

_UTC = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


class SeenConditionWire(WireModel):
    """One condition."""

    type: str = Field(description="Type of the condition. Example: Ready.")
    status: str = Field(description="True, False or Unknown.")
    reason: str = Field(description="Reason, which the runbook explains.")
    message: str = Field(description="Details for people.")


class SeenWindowWire(WireModel):
    """One time zone of a run."""

    time_zone: str = Field(description="Name of the time zone. Example: Europe/London.")
    local_time: str = Field(description="The time there now, with its offset.")
    contacts: int = Field(ge=0, description="Contacts in that zone.")
    state: str = Field(description="State of the window. Example: Submitted.")
    start_time: str = Field(pattern=_UTC, description="Start, UTC. For a Skipped window, the match of cron.")
    end_time: str = Field(pattern=_UTC, description="End, UTC.")
    adjustments: tuple[str, ...] = Field(description="How it differs from the match of cron; empty if it does not.")
    is_blocked: bool = Field(description="Whether something blocks it.")
    reason: str | None = Field(default=None, description="Reason for its state.")
    message: str | None = Field(default=None, description="Details for people.")
    next_attempt_time: str | None = Field(default=None, pattern=_UTC, description="Time of the next attempt, UTC.")


class SeenRunWire(WireModel):
    """One run that has not ended, or the last that has."""

    id: str = Field(description="ID of the run. Example: 20261125T0900.")
    state: str = Field(description="State of the run. Example: Running.")
    expected_calls: int = Field(ge=0, description="Completed calls at which the run is Completed.")
    calls_completed: int = Field(ge=0, description="Completed calls.")
    calls_attempted: int = Field(ge=0, description="Attempted calls.")
    connected: int = Field(ge=0, description="Calls that reached a person.")
    start_time: str = Field(pattern=_UTC, description="First start, UTC.")
    end_time: str = Field(pattern=_UTC, description="Last end, UTC.")
    windows: tuple[SeenWindowWire, ...] = Field(description="Its windows, by start and time zone.")


class MomentWire(WireModel):
    """Something that happens next."""

    time: str = Field(pattern=_UTC, description="When, UTC.")
    what: str = Field(description="What, for people. Example: Europe/London opens.")


class SeenStatusWire(WireModel):
    """A campaign as the plugin sees it."""

    namespace: str = Field(description="metadata.namespace.")
    name: str = Field(description="metadata.name.")
    campaign_id: str | None = Field(default=None, alias="campaignID", description="spec.campaignID.")
    now: str = Field(pattern=_UTC, description="The time of this answer, UTC.")
    state: str | None = Field(default=None, description="State of the campaign. Absent if nothing is planned.")
    suspended: bool = Field(description="Whether spec.suspend is true.")
    needs: str = Field(
        pattern="^(act|unseen|blocked|look|retrying|-)$", description="What it needs, as `list` shows it."
    )
    why: str = Field(description="Why it needs that, for people.")
    conditions: tuple[SeenConditionWire, ...] = Field(description="The conditions.")
    runs: tuple[SeenRunWire, ...] = Field(description="The runs in status.runs, oldest first.")
    next: tuple[MomentWire, ...] = Field(description="What comes next, the nearest first.")


def status_json(seen: SeenCampaign, now: datetime) -> str:
    """The campaign as JSON; what is not there is left out."""
    level, why = attention_to(seen, now)
    return SeenStatusWire(
        namespace=seen.namespace,
        name=seen.name,
        campaign_id=seen.spec.get("campaignID"),
        now=to_rfc3339(now),
        state=seen.status.state,
        suspended=seen.is_suspended,
        needs=WORDS[level],
        why=why,
        conditions=tuple(
            SeenConditionWire(type=c.type, status=c.status, reason=c.reason, message=c.message)
            for c in seen.status.conditions
        ),
        runs=tuple(_run(run, now) for run in seen.status.runs),
        next=tuple(MomentWire(time=to_rfc3339(m.time), what=m.what) for m in next_moments(seen, now)),
    ).to_json()


def _run(run: RunStatus, now: datetime) -> SeenRunWire:
    m = run.metrics
    return SeenRunWire(
        id=run.id,
        state=run.state,
        expected_calls=m.expected_calls,
        calls_completed=m.calls_completed,
        calls_attempted=m.calls_attempted,
        connected=m.connected,
        start_time=to_rfc3339(run.first_start),
        end_time=to_rfc3339(run.last_end),
        windows=tuple(_window(window, now) for window in run.windows),
    )


def _window(window: WindowStatus, now: datetime) -> SeenWindowWire:
    again = window.next_attempt_time
    return SeenWindowWire(
        time_zone=window.time_zone,
        local_time=now.astimezone(clock_of(window.time_zone)).isoformat(timespec="seconds"),
        contacts=window.contacts,
        state=window.state,
        start_time=to_rfc3339(window.start_time),
        end_time=to_rfc3339(window.end_time),
        adjustments=tuple(window.adjustments),
        is_blocked=waits(window),
        reason=window.reason,
        message=window.message,
        next_attempt_time=to_rfc3339(again) if again is not None else None,
    )
