"""Times and spans as the screens say them."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from campaign_operator.domain.planning.zones import ZONE_NAMES, load_zone

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def span_words(span: timedelta) -> str:
    """The two largest units: 2 h 3 min, 1 d 4 h, 45 s."""
    left, parts = max(0, round(span.total_seconds())), []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def until_words(moment: datetime, now: datetime) -> str:
    """How far ahead it is: in 2 h 3 min; or how long ago."""
    return f"in {span_words(moment - now)}" if moment > now else f"{span_words(now - moment)} ago"


def utc_words(moment: datetime) -> str:
    """The time in UTC, to the minute, or to the second where it has seconds."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment.second else f"{moment:%Y-%m-%d %H:%M} UTC"


def clock_of(zone: str) -> ZoneInfo | tzinfo:
    """The zone's clock; UTC for a zone that this version does not know."""
    return load_zone(zone) if zone in ZONE_NAMES else UTC


def local_span(start: datetime, end: datetime, clock: tzinfo) -> str:
    """From and to on that clock: Wed 09:00-13:00; days that lie between are added."""
    first, last = start.astimezone(clock), end.astimezone(clock)
    days = (last.date() - first.date()).days
    return f"{first:%a %H:%M}-{last:%H:%M}" + (f" +{days}d" if days else "")
