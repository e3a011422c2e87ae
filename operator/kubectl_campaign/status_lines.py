"""What `kubectl campaign status --watch` prints where there is no terminal: a line for each change that a person sees.

Pure.
"""

from collections.abc import Iterator
from datetime import datetime

from campaign_operator.api.conditions import ConditionType
from campaign_operator.api.schema import to_rfc3339
from campaign_operator.api.status import WindowStatus
from campaign_operator.wording import printable
from kubectl_campaign.seen_campaign import SeenCampaign


def changed_lines(before: SeenCampaign | None, after: SeenCampaign, now: datetime) -> Iterator[str]:
    """The lines for what is another than before; the first time, for all."""
    stamp = to_rfc3339(now)
    if before is None or _campaign_line(before) != _campaign_line(after):
        yield f"{stamp} {printable(_campaign_line(after))}"
    earlier = _windows(before) if before is not None else {}
    for key, window in _windows(after).items():
        if key not in earlier or _window_line(earlier[key]) != _window_line(window):
            yield f"{stamp} {printable(f'{key} {_window_line(window)}')}"


def _campaign_line(seen: SeenCampaign) -> str:
    ready = seen.condition(ConditionType.READY)
    said = f"Ready={ready.status} {ready.reason}: {ready.message}" if ready is not None else "no conditions"
    return f"{seen.title} {seen.status.state or 'no run'} {seen.status.progress or '-'} {said}"


def _windows(seen: SeenCampaign) -> dict[str, WindowStatus]:
    return {f"{run.id}/{window.time_zone}": window for run in seen.status.runs for window in run.windows}


def _window_line(window: WindowStatus) -> str:
    said = ": ".join(part for part in (window.reason, window.message) if part)
    return f"{window.state} {to_rfc3339(window.start_time)}/{to_rfc3339(window.end_time)} {said}".strip()
