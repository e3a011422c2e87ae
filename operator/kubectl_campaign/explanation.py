"""What `kubectl campaign why` says: each thing that is not as it should be, in the status's words and the runbook's.

Pure. Owns which conditions and windows are explained, and that a reason which several windows share is explained once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import RunStatus, WindowStatus
from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.planning.deciding_rules import DecidingRule
from campaign_operator.preview.columns import BOLD, DIM, YELLOW, Paint, wrapped
from campaign_operator.preview.table import MEANINGS_OF_ADJUSTMENTS
from campaign_operator.wording import counted, listed, printable
from kubectl_campaign.attention import EDIT_NOT_SEEN, Attention, attention_to
from kubectl_campaign.clock_words import clock_of, local_span, until_words, utc_words
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.remedies import remedy_for
from kubectl_campaign.seen_campaign import SeenCampaign, next_moments, waits

_PLAIN_WIDTH = 120
_IF_TRUE = (ConditionType.STALLED, ConditionType.RECONCILING)
_IF_FALSE = (
    ConditionType.READY,
    ConditionType.CONTACTS_VALID,
    ConditionType.ANALYTICS_AVAILABLE,
    ConditionType.WEBHOOK_DELIVERED,
)
_ENDED_BADLY = (WindowState.REJECTED, WindowState.MISSED)
_REASON_OF_STATE = {WindowState.REJECTED: "WindowRejected", WindowState.MISSED: "WindowMissed"}
_OF_WINDOWS = frozenset({"WindowHeld"})
"""Reasons of a condition that stand for windows, which are then not explained once more."""
_WHERE_TO_LOOK = (
    "check that the operator runs, that it watches this namespace, and that it selects the labels of the campaign. The "
    "runbook says more under Nothing happens to a campaign."
)


@dataclass(slots=True)
class Cause:
    """One reason, where it is shown, and what was said about it."""

    reason: str
    shown_as: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    next_attempt: datetime | None = None

    def add(self, shown_as: str, message: str | None, next_attempt: datetime | None = None) -> None:
        """Note one more place that shows the reason; a message is kept once."""
        self.shown_as.append(shown_as)
        if message and message not in self.messages:
            self.messages.append(message)
        if next_attempt is not None and (self.next_attempt is None or next_attempt < self.next_attempt):
            self.next_attempt = next_attempt


def causes_of(seen: SeenCampaign) -> list[Cause]:
    """Everything that is not as it should be, conditions first."""
    causes: dict[str, Cause] = {}

    def add(reason: str, shown_as: str, message: str | None, next_attempt: datetime | None = None) -> None:
        causes.setdefault(reason, Cause(reason)).add(shown_as, message, next_attempt)

    for condition in seen.status.conditions:
        is_bad = (condition.type in _IF_TRUE and condition.status == "True") or (
            condition.type in _IF_FALSE and condition.status == "False"
        )
        if is_bad:
            add(condition.reason, f"{condition.type}={condition.status}", condition.message)
    ended, completed = seen.is_true(ConditionType.FINISHED), seen.condition(ConditionType.COMPLETED)
    if ended and completed is not None and completed.status == "False":
        add(completed.reason, "Completed=False", completed.message)
    for run in seen.status.runs:
        for window in run.windows:
            reason = _reason_of(window)
            if reason is not None:
                message = None if reason in _OF_WINDOWS and reason in causes else window.message
                add(reason, f"{run.id}/{window.time_zone}", message, window.next_attempt_time)
    return list(causes.values())


def _reason_of(window: WindowStatus) -> str | None:
    if window.state in _ENDED_BADLY:
        return _REASON_OF_STATE[window.state]
    if window.state is WindowState.HELD:
        return window.reason or "WindowHeld"
    return window.reason if waits(window) else None


def why_campaign(seen: SeenCampaign, now: datetime, *, colours: bool = False, width: int | None = None) -> str:
    """The explanation of a campaign."""
    paint, room = Paint(colours), width or _PLAIN_WIDTH
    causes, (level, said) = causes_of(seen), attention_to(seen, now)
    lines: list[str] = []
    if seen.unreadable is not None:
        lines += wrapped(printable(f"{seen.unreadable} cannot be read by this version of the plugin; update it"), room)
    elif level is Attention.UNSEEN or not seen.is_seen:
        what = said if level is Attention.UNSEEN else EDIT_NOT_SEEN
        lines += [paint(line, YELLOW) for line in wrapped(printable(f"{seen.title}: {what}."), room)]
        patience = "" if seen.is_seen else "if this lasts for more than a few seconds, "
        lines += wrapped(f"Do: {patience}{_WHERE_TO_LOOK}", room)
    elif not causes:
        lines += _all_well(seen, now, room)
    for number, cause in enumerate(causes):
        lines += (
            ["", *_cause(cause, seen, now, paint, room)] if number or lines else _cause(cause, seen, now, paint, room)
        )
    return "\n".join([*lines, ""])


def _all_well(seen: SeenCampaign, now: datetime, room: int) -> Iterator[str]:
    ready = seen.condition(ConditionType.READY)
    yield f"Nothing blocks {seen.title}."
    if ready is not None:
        yield from wrapped(printable(f"{ready.reason}: {ready.message}"), room)
    for moment in next_moments(seen, now)[:1]:
        yield f"next {until_words(moment.time, now)}, at {utc_words(moment.time)}: {printable(moment.what)}"


def _cause(cause: Cause, seen: SeenCampaign, now: datetime, paint: Paint, room: int) -> Iterator[str]:
    yield paint(printable(cause.reason), BOLD)
    yield from (paint(line, DIM) for line in _wrapped(f"shown as {listed(cause.shown_as)}", room))
    for message in cause.messages:
        yield from (paint(line, YELLOW) for line in _wrapped(message, room))
    if cause.next_attempt is not None and cause.next_attempt > now:
        yield f"  next attempt {until_words(cause.next_attempt, now)}, at {utc_words(cause.next_attempt)}"
    yield from _remedy(cause.reason, seen, cause.shown_as, paint, room)


def _remedy(reason: str, seen: SeenCampaign, places: Sequence[str], paint: Paint, room: int) -> Iterator[str]:
    remedy = remedy_for(reason)
    if remedy is None:
        yield "  This version of the plugin does not know the reason; the runbook of the operator's version does."
        return
    for label, text in (("Means", remedy.means), ("Do", remedy.do), ("Recovery", remedy.recovery)):
        if text:
            yield from _paragraphs(label, _with_names(text, seen, places), paint, room)


def _with_names(text: str, seen: SeenCampaign, places: Sequence[str]) -> str:
    """The commands with the names of this campaign, so that they can be pasted."""
    windows = [f"{place}=WHAT" for place in places if "/" in place]
    names: Mapping[str, str] = {
        "NAMESPACE": seen.namespace,
        "NAME": seen.name,
        "CAMPAIGN_ID": str(seen.spec.get("campaignID")),
        "RUN/ZONE=WHAT": ",".join(windows) or "RUN/ZONE=WHAT",
    }
    lines = []
    for line in text.splitlines():
        if line.startswith("$ "):
            for word, name in names.items():
                line = line.replace(word, name)
        lines.append(line)
    return "\n".join(lines)


def _paragraphs(label: str, text: str, paint: Paint, room: int) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        if line.startswith("$ "):
            yield paint(f"    {printable(line)}", BOLD)
        elif line.startswith("- "):
            yield from wrapped(printable(line), room, "  ", "    ")
        else:
            begun = f"{label}: {line}" if number == 0 else line
            yield from wrapped(printable(begun), room, "  ")


def why_zone(
    seen: SeenCampaign,
    zone: str,
    rules: Mapping[tuple[str, str], Sequence[DecidingRule]],
    now: datetime,
    *,
    colours: bool = False,
    width: int | None = None,
) -> str:
    """The explanation of one zone in every run. `rules`: by run and adjustment, those that were found."""
    paint, room = Paint(colours), width or _PLAIN_WIDTH
    lines: list[str] = []
    for run in seen.status.runs:
        for window in run.windows:
            if window.time_zone == zone:
                lines += [*([""] if lines else []), *_window(seen, run, window, rules, now, paint, room)]
    return "\n".join([*lines, ""])


def _window(
    seen: SeenCampaign,
    run: RunStatus,
    window: WindowStatus,
    rules: Mapping[tuple[str, str], Sequence[DecidingRule]],
    now: datetime,
    paint: Paint,
    room: int,
) -> Iterator[str]:
    contacts = counted(window.contacts, "contact")
    yield paint(printable(f"run {run.id}, {window.time_zone}: {window.state}, {contacts}"), BOLD)
    if window.state is not WindowState.SKIPPED:
        span = local_span(window.start_time, window.end_time, clock_of(window.time_zone))
        utc = f"{utc_words(window.start_time)} to {utc_words(window.end_time)}"
        yield f"  {window.start_time.astimezone(clock_of(window.time_zone)):%d %b}, {span} there; {utc}"
    for adjustment in window.adjustments:
        meaning = MEANINGS_OF_ADJUSTMENTS.get(adjustment, "")
        yield from (paint(line, YELLOW) for line in _wrapped(f"{adjustment}: {meaning}", room))
        for rule in rules.get((run.id, adjustment), ()):
            yield from wrapped(printable(f"{rule.source}: {rule.rule}"), room, "    ")
    if run.narrowed_by is not None and window.adjustments:
        yield from _wrapped(f"the run is narrowed by {run.narrowed_by}", room)
    reason = _reason_of(window) or window.reason
    said = window.message or ""
    if reason is None and not said:
        if not window.adjustments:
            yield "  Nothing differs from the match of cron, and nothing blocks the window."
        return
    yield from (paint(line, YELLOW) for line in _wrapped(": ".join(filter(None, (reason, said))), room))
    if window.next_attempt_time is not None and window.next_attempt_time > now:
        yield f"  next attempt {until_words(window.next_attempt_time, now)}, at {utc_words(window.next_attempt_time)}"
    if reason is not None:
        yield from _remedy(reason, seen, [f"{run.id}/{window.time_zone}"], paint, room)


def _zones_meant(seen: SeenCampaign, said: str) -> list[str]:
    """The zones of the campaign's runs that a word means: the zone itself, else those that end with it."""
    zones = sorted({window.time_zone for run in seen.status.runs for window in run.windows})
    if said in zones:
        return [said]
    word = said.casefold().replace(" ", "_")
    return [zone for zone in zones if zone.casefold() == word or zone.casefold().endswith(f"/{word}")]


def zone_meant(seen: SeenCampaign, said: str) -> str:
    """The one zone that a word means. Raises PluginError."""
    found = _zones_meant(seen, said)
    if len(found) == 1:
        return found[0]
    if found:
        raise PluginError(f"{said} can mean {' or '.join(found)}")
    zones = sorted({window.time_zone for run in seen.status.runs for window in run.windows})
    has = f"it has {listed(zones)}" if zones else "no run is planned"
    raise PluginError(f"{seen.title} has no window in {said}; {has}")


def _wrapped(text: str, room: int) -> list[str]:
    return wrapped(printable(text), room, "  ")
