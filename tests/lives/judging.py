"""What is judged of a life: by the simulated dialer's ledger and the life itself, by nothing that the operator says.

Pure. A schedule *opens* where it is not cancelled before its start; it *stands* from its creation until it is cancelled
or over.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from campaign_sandbox.ledger_schedule import LedgerSchedule
from lives.calendar import Match, Span, allows, matches
from lives.life import Life, Terms

_LONGEST_WAY = timedelta(days=2)
"""No match is farther from its start anywhere than this."""


@dataclass(frozen=True)
class Played:
    """What came of a life: its schedules, and when its campaign was gone, if it was deleted."""

    life: Life
    schedules: tuple[LedgerSchedule, ...]
    gone_at: datetime | None


def problems(played: Played) -> Iterator[str]:
    """All that is not as it should be, in words: what was expected, and what is."""
    yield from _twice(played.schedules)
    yield from _out_of_place(played)
    yield from _while_suspended(played)
    yield from _after_the_deletion(played)
    yield from _more_than_once(played)
    yield from _not_called(played)


def _twice(schedules: Iterable[LedgerSchedule]) -> Iterator[str]:
    for one, other in combinations(sorted(schedules, key=lambda s: s.created), 2):
        overlaps = one.zone == other.zone and one.start < other.end and other.start < one.end
        if overlaps and other.created < one.over:
            yield f"two schedules of one zone stand at once: {one}; {other}"


def _out_of_place(played: Played) -> Iterator[str]:
    """Every schedule is the window of a match, by terms that the campaign has had; and those of its time allow it when
    it opens.
    """
    life = played.life
    for schedule in played.schedules:
        known = [terms for begins, terms in _terms(life) if begins <= schedule.created]
        if not any(_is_window_of(schedule, terms) for terms in known):
            yield f"a schedule is of no match of cron within the calling hours: {schedule}"
        span = (schedule.start, schedule.end)
        in_force = _in_force(life, schedule.start - life.slack, schedule.start)
        if schedule.opens and in_force and not any(allows(t.hours, schedule.zone, span) for t in in_force):
            yield f"a schedule opens outside the calling hours: {schedule}"


def _is_window_of(schedule: LedgerSchedule, terms: Terms) -> bool:
    near = matches(terms, schedule.start - _LONGEST_WAY, schedule.end + _LONGEST_WAY)
    windows = (match.windows[schedule.zone] for match in near if schedule.zone in match.windows)
    return any(start <= schedule.start < end and end == schedule.end for start, end in windows)


def _terms(life: Life) -> list[tuple[datetime, Terms]]:
    return [(begins, terms) for begins, terms in life.chapters() if terms is not None]


def _in_force(life: Life, since: datetime, until: datetime) -> list[Terms]:
    """The terms that the operator went by at any time between the two."""
    chapters = life.chapters()
    ends = [begins for begins, _ in chapters[1:]] + [datetime.max.replace(tzinfo=life.begins.tzinfo)]
    return [
        terms
        for (begins, terms), end in zip(chapters, ends, strict=True)
        if terms is not None and begins <= until and end >= since
    ]


def _while_suspended(played: Played) -> Iterator[str]:
    life = played.life
    for schedule in played.schedules:
        in_force = _in_force(life, schedule.start - life.slack, schedule.start)
        if schedule.opens and in_force and all(terms.suspended for terms in in_force):
            yield f"a schedule opens while the campaign is suspended: {schedule}"


def _after_the_deletion(played: Played) -> Iterator[str]:
    life, gone_at, deleted_at = played.life, played.gone_at, played.life.deleted_at()
    if deleted_at is None:
        return
    if gone_at is None:
        yield "the campaign was deleted and is not gone"
        return
    # while the dialer is out of order nothing can be cancelled, and a deletion has its deadline
    disrupted = any(begin <= gone_at and deleted_at - life.slack <= end for begin, end in life.disruptions())
    for schedule in played.schedules:
        if schedule.created > gone_at:
            yield f"a schedule is made after the campaign is gone: {schedule}"
        if schedule.start > gone_at and schedule.cancelled is None and not life.orphans and not disrupted:
            yield f"a schedule stands ahead though the campaign is gone: {schedule}"


def _more_than_once(played: Played) -> Iterator[str]:
    runs = {schedule.run for schedule in played.schedules if schedule.opens}
    if len(runs) > 1 and not any(terms.recurring for _, terms in _terms(played.life)):
        yield f"a campaign that calls once has called in {len(runs)} runs"


def _not_called(played: Played) -> Iterator[str]:
    """Every match that could be called is called in every zone, or something in the life explains why not."""
    life = played.life
    chapters = life.chapters()
    for number, (begins, terms) in enumerate(chapters):
        if terms is None or terms.suspended:
            continue
        later = chapters[number + 1 :]
        ends = later[0][0] if later else life.ends
        for match in matches(terms, begins, ends):
            # planned by these terms, and begun before they are changed
            if match.earliest <= begins + life.slack or match.first_start > ends - life.slack:
                continue
            if not terms.recurring and any(s.opens and s.start < match.first_start for s in played.schedules):
                break
            if not _is_explained(played, match, terms, begins):
                yield from _missing(played, match, later)
            if not terms.recurring:
                break


def _is_explained(played: Played, match: Match, terms: Terms, begins: datetime) -> bool:
    """Whether the match could not be taken, or not be submitted in time."""
    life = played.life
    submitted = max(begins, match.first_start - timedelta(seconds=terms.ahead_seconds)) + life.slack
    in_trouble = any(
        begin < submitted and min(match.earliest, match.first_start) < end + life.slack
        for begin, end in life.disruptions()
    )
    return in_trouble or any(
        schedule.zone == zone and _is_in_the_way(schedule, start, begins, life.slack)
        for zone, (start, _) in match.windows.items()
        for schedule in played.schedules
    )


def _is_in_the_way(schedule: LedgerSchedule, start: datetime, begins: datetime, slack: timedelta) -> bool:
    """Whether a window of its zone that starts then would begin before this one, of an earlier run, is over."""
    if schedule.cancelled is not None and schedule.cancelled <= begins + slack:
        return False
    return schedule.start < start < schedule.end or (schedule.created < begins and start < schedule.end)


def _missing(played: Played, match: Match, later: Sequence[tuple[datetime, Terms | None]]) -> Iterator[str]:
    for zone, span in match.windows.items():
        if not _is_kept(played.life, zone, span, later):
            continue
        if not any(_is_called(schedule, zone, span) for schedule in played.schedules):
            when = f"{match.nominal:%a %d %H:%M} in {zone}, {span[0]:%d %H:%M} to {span[1]:%d %H:%M} UTC"
            yield f"nobody is called for the match {when}, and nothing explains it"


def _is_called(schedule: LedgerSchedule, zone: str, span: Span) -> bool:
    """Also late, for what is left of it."""
    return schedule.zone == zone and schedule.opens and span[0] <= schedule.start < span[1] == schedule.end


def _is_kept(life: Life, zone: str, span: Span, later: Sequence[tuple[datetime, Terms | None]]) -> bool:
    """Whether nothing that came after the run had begun took the window away."""
    start = span[0]
    if start > life.ends - life.slack:
        return False
    since = [(begins, terms) for begins, terms in later if begins <= start + life.slack]
    if not since:
        return True
    if any(begin < start + life.slack and since[0][0] - life.slack < end for begin, end in life.disruptions()):
        return False
    for position, (begins, terms) in enumerate(since):
        ends = since[position + 1][0] if position + 1 < len(since) else life.ends
        if terms is None or not allows(terms.hours, zone, span):
            return False
        if terms.suspended and begins - life.slack < start < ends + life.slack:
            return False
    return True
