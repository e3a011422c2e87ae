"""A campaign as the plugin sees it: the API server's object, read as tolerantly as an older or newer plugin must.

Pure. Owns what is made of an object of another version: what can be read is shown, and what cannot is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaign_operator.api.conditions import ConditionType, Reason, find
from campaign_operator.api.reading import UnreadableError, read_conditions, read_status
from campaign_operator.api.status import Condition, OutboundCampaignStatus, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WebhookState, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.wording import listed

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class SeenCampaign:
    """One campaign at one resourceVersion."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    is_deleting: bool
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    status: OutboundCampaignStatus
    unreadable: str | None
    """What of the status this version of the plugin cannot read."""

    @classmethod
    def of(cls, wire: Mapping[str, Any]) -> "SeenCampaign":
        """The campaign that the API server sent."""
        meta, unreadable = wire["metadata"], None
        try:
            status = read_status(wire.get("status"))
        except UnreadableError as error:
            unreadable = str(error)
            status = OutboundCampaignStatus(conditions=read_conditions(wire.get("status")))
        return cls(
            namespace=meta["namespace"],
            name=meta["name"],
            uid=meta["uid"],
            resource_version=meta["resourceVersion"],
            generation=meta["generation"],
            is_deleting="deletionTimestamp" in meta,
            annotations=meta.get("annotations") or {},
            spec=wire.get("spec") or {},
            status=status,
            unreadable=unreadable,
        )

    @property
    def title(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_suspended(self) -> bool:
        """Whether nothing is to be submitted."""
        return bool(self.spec.get("suspend"))

    @property
    def is_seen(self) -> bool:
        """Whether the operator has seen the last edit."""
        return self.status.observed_generation >= self.generation or self.unreadable is not None

    @property
    def shown_run(self) -> RunStatus | None:
        """The run that STATE speaks of."""
        return runs.shown_run(self.status)

    def condition(self, kind: ConditionType) -> Condition | None:
        """The condition of that type, if there is one."""
        return find(self.status.conditions, kind)

    def is_true(self, kind: ConditionType) -> bool:
        """Whether there is a condition of that type, and it is True."""
        found = self.condition(kind)
        return found is not None and found.status == "True"

    def is_false(self, kind: ConditionType) -> bool:
        """Whether there is a condition of that type, and it is False."""
        found = self.condition(kind)
        return found is not None and found.status == "False"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """What happens next, and when."""

    time: datetime
    what: str


def next_moments(seen: SeenCampaign, now: datetime) -> list[Moment]:
    """What the status says of the time ahead, the next first. How often the operator polls is its own setting."""
    found = [
        Moment(entry.next_attempt_time, f"the operator checks the answer about {entry.time_zone}")
        for entry in seen.status.waiting_resolutions
        if entry.next_attempt_time is not None
    ]
    for run in runs.current_runs(seen.status):
        found += _moments_of(seen, run)
    for ended in runs.finished_runs(seen.status):
        hook = ended.webhook
        if hook is not None and hook.state is WebhookState.PENDING and hook.next_attempt_time is not None:
            found.append(Moment(hook.next_attempt_time, f"the webhook of run {ended.id} is delivered again"))
    return sorted(moment for moment in found if moment.time > now)


def _moments_of(seen: SeenCampaign, run: RunStatus) -> list[Moment]:
    found = [
        Moment(w.next_attempt_time, f"the operator tries {w.time_zone} again")
        for w in run.windows
        if w.next_attempt_time is not None and w.state in window_states.UNSETTLED
    ]
    submission = submission_of(seen, run)
    if submission is not None:
        found.append(Moment(submission, f"run {run.id} is submitted"))
    edges: dict[tuple[datetime, str], list[str]] = {}
    for w in run.windows:
        if w.state not in window_states.WITHOUT_SCHEDULE and w.state is not WindowState.CANCELLED:
            edges.setdefault((w.start_time, "open"), []).append(w.time_zone)
            edges.setdefault((w.end_time, "close"), []).append(w.time_zone)
    for (time, verb), zones in edges.items():
        found.append(Moment(time, f"{listed(zones)} {verb}{'s' if len(zones) == 1 else ''}"))
    if end_of_grace(seen, run) > run.last_end:
        found.append(Moment(end_of_grace(seen, run), f"run {run.id} times out"))
    return found


def submission_of(seen: SeenCampaign, run: RunStatus) -> datetime | None:
    """When the run is to be submitted; None where its submission has begun, or is not to begin."""
    if runs.submission_started(run) or seen.is_suspended or seen.is_deleting:
        return None
    return runs.later(run.first_start, -seen.spec.get("submitAheadSeconds", _DAY_SECONDS))


def end_of_grace(seen: SeenCampaign, run: RunStatus) -> datetime:
    """When the run ends at the latest."""
    return runs.later(run.last_end, (seen.spec.get("completion") or {}).get("graceSeconds", 0))


def waits(window: WindowStatus) -> bool:
    """Whether something blocks the window: it is not settled and has a reason, or a person has to look at it."""
    is_noted = window.reason is not None and window.reason != Reason.NOT_VERIFIED
    return window.state is WindowState.HELD or (
        is_noted and window.state in (*window_states.UNSETTLED, WindowState.SUBMITTED)
    )
