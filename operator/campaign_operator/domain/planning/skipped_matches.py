"""What people are told of matches of `cron` that were passed over: one line, the same in an Event and in `preview`."""

from collections.abc import Mapping, Sequence

from campaign_operator.api.vocabulary import MatchSkipReason
from campaign_operator.domain.planning.plan import SkippedMatches
from campaign_operator.wording import counted, listed

_CAUSES: Mapping[MatchSkipReason, str] = {
    MatchSkipReason.START_PASSED: "already past in {zones}",
    MatchSkipReason.WINDOW_OPEN: "an earlier window is still open in {zones}",
    MatchSkipReason.CONCURRENCY_POLICY: "an earlier run has not ended and concurrencyPolicy is Forbid",
    MatchSkipReason.NOTHING_OPEN: "no time zone is open",
    MatchSkipReason.NO_ROOM: "there is no room for more windows",
}


_HOLIDAYS_NAMED = 3


def skipped_matches_message(skipped: Sequence[SkippedMatches]) -> str:
    """Which matches are passed over and why; an empty text where there are none."""
    return "; ".join(_passed_over(each) for each in skipped)


def _passed_over(each: SkippedMatches) -> str:
    last = "" if each.last == each.first else f" to {each.last:%Y-%m-%dT%H:%M}"
    matches = "match" if each.count == 1 else "matches"
    zones = f"{listed(each.time_zones)} ({counted(each.contacts, 'contact')})"
    cause = _CAUSES[each.reason].format(zones=zones)
    if each.holidays:
        cause += f" ({listed(each.holidays, _HOLIDAYS_NAMED)})"
    return f"skips {each.count} {matches} of cron, {each.first:%Y-%m-%dT%H:%M}{last}: {cause}"
