"""The screen of `kubectl campaign status`: one campaign, its run zone by zone, and what comes next.

Pure: the time, the width and whether there are colours are given. Texts of the status come from outside, so each
passes `printable`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.status import Condition, RunStatus, WindowStatus
from campaign_operator.api.vocabulary import StartMode, WindowState
from campaign_operator.domain.campaigns import runs, window_states
from campaign_operator.preview.columns import BOLD, DIM, GREEN, RED, YELLOW, Paint, aligned, shortened, wrapped
from campaign_operator.wording import counted, printable
from kubectl_campaign.attention import Attention, attention_to
from kubectl_campaign.clock_words import clock_of, local_span, span_words, until_words, utc_words
from kubectl_campaign.seen_campaign import SeenCampaign, next_moments, waits

_PLAIN_WIDTH = 120
_MOMENTS = 3
_HEADER = ("ZONE", "CONTACTS", "TIME NOW", "WINDOW", "STATE", "")
_ALWAYS = (ConditionType.READY, ConditionType.STALLED, ConditionType.RECONCILING)
_IF_FALSE = (ConditionType.CONTACTS_VALID, ConditionType.ANALYTICS_AVAILABLE, ConditionType.WEBHOOK_DELIVERED)
_STATE_COLOURS = {
    "Running": GREEN,
    "Completed": GREEN,
    "Held": RED,
    "Failed": RED,
    "TimedOut": YELLOW,
    "Cancelling": YELLOW,
    "Suspended": YELLOW,
}


def status_screen(seen: SeenCampaign, now: datetime, *, colours: bool = False, width: int | None = None) -> str:
    """All lines of the screen. Without a width, nothing is shortened, and long texts are wrapped at 120 columns."""
    paint, room = Paint(colours), width or _PLAIN_WIDTH
    blocks = [
        list(_head(seen, paint, room)),
        list(_conditions(seen, paint, room)),
        list(_run(seen, now, paint, width)),
        list(_others(seen, room)),
        list(_next(seen, now, paint, room)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(seen: SeenCampaign, paint: Paint, room: int) -> Iterator[str]:
    state = printable(seen.status.state or "no run")
    yield f"{paint(seen.title, BOLD)}  {paint(state, _STATE_COLOURS.get(state, BOLD))}"
    spec = seen.spec
    clock = "each contact's clock"
    if spec.get("startMode") == StartMode.SAME_INSTANT:
        clock = f"the clock of {spec.get('timeZone') or 'Etc/UTC'}"
    what = f"campaign {spec.get('campaignID')}; cron {spec.get('cron')} on {clock}; {spec.get('runPolicy')}"
    yield from wrapped(printable(what), room)
    if seen.is_deleting:
        yield paint("The campaign is being deleted.", YELLOW)
    if seen.unreadable is not None:
        yield from wrapped(
            printable(f"{seen.unreadable} cannot be read by this version of the plugin; update it"), room
        )
    elif not seen.is_seen:
        yield paint("The operator has not seen the last edit; what follows is from before it.", YELLOW)


def _conditions(seen: SeenCampaign, paint: Paint, room: int) -> Iterator[str]:
    """What is True of Ready, Stalled and Reconciling, each message once, and what is False of the others."""
    told: set[tuple[str, str]] = set()
    for kind in _ALWAYS:
        found = seen.condition(kind)
        if found is not None and (found.reason, found.message) not in told:
            told.add((found.reason, found.message))
            yield from _condition(found, paint, room)
    for kind in _IF_FALSE:
        found = seen.condition(kind)
        if found is not None and found.status == "False":
            yield from _condition(found, paint, room)


def _condition(condition: Condition, paint: Paint, room: int) -> Iterator[str]:
    is_bad = (condition.status == "True") != (condition.type not in (ConditionType.STALLED, ConditionType.RECONCILING))
    colour = (RED if condition.type == ConditionType.STALLED else YELLOW) if is_bad else GREEN
    head = printable(f"{condition.type}={condition.status}  {condition.reason}")
    yield paint(head, colour)
    yield from _indented(condition.message, room, "  ")


def _run(seen: SeenCampaign, now: datetime, paint: Paint, width: int | None) -> Iterator[str]:
    run = seen.shown_run
    if run is None:
        return
    yield paint(printable(f"run {run.id}: {run.state}, {runs.in_words(run)}"), BOLD)
    yield from _bars(run, now, paint, width or _PLAIN_WIDTH)
    yield ""
    windows = _from_east(run, now)
    rows = [_HEADER, *(_row(window, now) for window in windows)]
    header, *lines = aligned(shortened(rows, width), right=frozenset({1}))
    yield paint(header, DIM)
    said = " ".join(condition.message for condition in seen.status.conditions)
    for window, line in zip(windows, lines, strict=True):
        yield paint(line, _colour_of(window, now))
        yield from _below(window, said, now, paint, width or _PLAIN_WIDTH)
        said += f" {window.message or ''}"


def _from_east(run: RunStatus, now: datetime) -> Sequence[WindowStatus]:
    """The windows by the UTC offset of their zones now, those ahead of UTC first, then by name."""
    offsets = {w.time_zone: now.astimezone(clock_of(w.time_zone)).utcoffset() for w in run.windows}
    return sorted(run.windows, key=lambda w: (-(offsets[w.time_zone] or now - now), w.time_zone))


def _bars(run: RunStatus, now: datetime, paint: Paint, room: int) -> Iterator[str]:
    m = run.metrics
    of_calls = min(1.0, m.calls_completed / m.expected_calls) if m.expected_calls else 0.0
    said = f"{m.calls_completed} of {m.expected_calls} calls ({m.percent}%)"
    if m.calls_attempted:
        said += f", {m.calls_attempted} attempted, {m.connected} connected"
    yield from _bar("calls  ", of_calls, GREEN, said, paint, room)
    if runs.calls_nobody(run) or not run.windows:
        return
    whole, gone = run.last_end - run.first_start, now - run.first_start
    of_time = min(1.0, max(0.0, gone / whole)) if whole else 1.0
    if of_time <= 0:
        said = f"starts {until_words(run.first_start, now)}, at {utc_words(run.first_start)}"
    elif of_time < 1:
        said = f"{span_words(gone)} of {span_words(whole)}, until {utc_words(run.last_end)}"
    else:
        said = f"ended {until_words(run.last_end, now)}, at {utc_words(run.last_end)}"
    yield from _bar("time   ", of_time, DIM, said, paint, room)


def _bar(label: str, part: float, colour: str, said: str, paint: Paint, room: int) -> Iterator[str]:
    """A quarter of the width, and beside it what it shows."""
    size = room // 4
    full = int(part * size)
    indent = len(label) + size + 2
    first, *more = wrapped(said, room - indent)
    yield f"{label}{paint('█' * full + '░' * (size - full), colour)}  {first}"
    yield from (" " * indent + line for line in more)


def _row(window: WindowStatus, now: datetime) -> tuple[str, ...]:
    clock = clock_of(window.time_zone)
    is_skipped = window.state is WindowState.SKIPPED
    return (
        printable(window.time_zone),
        str(window.contacts),
        f"{now.astimezone(clock):%a %H:%M}",
        "" if is_skipped else local_span(window.start_time, window.end_time, clock),
        printable(window.state),
        "" if is_skipped else _phase_of(window, now),
    )


def _phase_of(window: WindowStatus, now: datetime) -> str:
    """Where the window is in time, in a few words."""
    if window.state in window_states.WITHOUT_SCHEDULE or window.state is WindowState.CANCELLED:
        return ""
    if now < window.start_time:
        return until_words(window.start_time, now)
    if now < window.end_time:
        return f"{span_words(window.end_time - now)} left"
    return "over"


def _colour_of(window: WindowStatus, now: datetime) -> str:
    if window.state in (WindowState.HELD, WindowState.REJECTED, WindowState.MISSED):
        return RED
    if waits(window):
        return YELLOW
    is_open = window.start_time <= now < window.end_time and window.state is WindowState.SUBMITTED
    return GREEN if is_open else (DIM if window.state is WindowState.SKIPPED or now >= window.end_time else "0")


def _below(window: WindowStatus, said: str, now: datetime, paint: Paint, room: int) -> Iterator[str]:
    """What differs from the match, and what blocks the window; a message that is `said` above is not said again."""
    if window.adjustments:
        yield paint(f"    {', '.join(map(printable, window.adjustments))}", DIM)
    if window.reason is None and window.message is None:
        return
    message = window.message if window.message and (window.message not in said or window.reason is None) else None
    for line in _indented(": ".join(part for part in (window.reason, message) if part), room, "    "):
        yield paint(line, YELLOW if waits(window) else DIM)
    if window.next_attempt_time is not None and window.state in window_states.UNSETTLED:
        when = f"next attempt {until_words(window.next_attempt_time, now)}, at {utc_words(window.next_attempt_time)}"
        yield paint(f"    {when}", YELLOW)


def _others(seen: SeenCampaign, room: int) -> Iterator[str]:
    for run in seen.status.runs:
        if run is not seen.shown_run:
            state = f"run {run.id}: {run.state}, {runs.in_words(run)}, first start {utc_words(run.first_start)}"
            yield from wrapped(printable(state), room, following="  ")


def _next(seen: SeenCampaign, now: datetime, paint: Paint, room: int) -> Iterator[str]:
    moments = next_moments(seen, now)[:_MOMENTS]
    for number, moment in enumerate(moments):
        label = "next   " if number == 0 else "       "
        said = f"{label}{until_words(moment.time, now)}, at {utc_words(moment.time)}: {printable(moment.what)}"
        yield from wrapped(said, room, following="       ")
    waiting = seen.status.waiting_resolutions
    if waiting:
        why = f": {waiting[0].message}" if waiting[0].message else ""
        said = f"{counted(len(waiting), 'resolution')} waiting for the dialer's listing{why}"
        yield from wrapped(printable(said), room)
    level, _ = attention_to(seen, now)
    if level is not Attention.NONE:
        if moments:
            yield ""
        yield f"What to do: {paint(f'kubectl campaign why {seen.name} -n {seen.namespace}', BOLD)}"


def _indented(text: str, room: int, indent: str) -> list[str]:
    return wrapped(printable(text), room, indent)
