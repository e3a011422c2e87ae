"""A forecast with everything in it that a preview can show: deferred, skipped, clipped, night, closed hours."""

from datetime import UTC, datetime, timedelta

from campaign_operator.api.vocabulary import WindowState
from campaign_operator.domain.campaigns.campaign import CampaignRef
from campaign_operator.domain.planning.windows import place
from campaign_operator.domain.planning.zones import load_zone
from campaign_operator.preview.forecast import Forecast, ForecastRun, ForecastWindow
from campaign_operator.preview.picture import OpenSpan

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
MATCH = datetime(2026, 11, 26, 15, 0, 0, tzinfo=UTC)


def open_days(zone: str) -> list[OpenSpan]:
    """Eight to nine in the evening, on the days around MATCH."""
    clock = load_zone(zone)
    days = [datetime(2026, 11, day) for day in (25, 26, 27)]  # noqa: DTZ001 - local times, placed in the zone
    return [(place(d.replace(hour=8), clock).instant, place(d.replace(hour=21), clock).instant) for d in days]


OPEN_HOURS = {zone: open_days(zone) for zone in ("Asia/Tokyo", "Asia/Kolkata", "Europe/London", "America/Los_Angeles")}


def window(zone: str, start: datetime | None, hours: float = 4, *adjustments: str) -> ForecastWindow:
    """The window of a zone, Skipped where it has no start."""
    return ForecastWindow(
        time_zone=zone,
        contacts=10,
        match=MATCH,
        start=start,
        end=start + timedelta(hours=hours) if start is not None else None,
        adjustments=adjustments,
        state=WindowState.PLANNED if start is not None else WindowState.SKIPPED,
    )


def everything(name: str = "spring") -> Forecast:
    """One run, SameInstant, under calling hours."""
    windows = (
        window("Asia/Tokyo", None, 0, "OutsideCallingHours"),
        window("Asia/Kolkata", MATCH, 0.5, "ClippedAtClosing"),
        window("Europe/London", MATCH),
        window("America/Los_Angeles", MATCH + timedelta(hours=1), 4, "DeferredToOpening"),
    )
    run = ForecastRun("20261126T1500", MATCH.replace(tzinfo=None), 40, "0123456789abcdef", windows)
    return Forecast(CampaignRef("sales", name), NOW, (run,))
