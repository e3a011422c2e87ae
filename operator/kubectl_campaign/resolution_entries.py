"""What a person writes of held windows, as the annotation `campaign-operator.io/resolve` takes it.

Pure. Owns how a zone without a run is completed, and that a window which nobody has to resolve is refused before
anything is written.
"""

import re
from collections.abc import Iterator, Sequence

from campaign_operator.domain.status.resolution import ABANDON, IGNORE, RESUBMIT, UNKNOWN, can_be_resolved
from campaign_operator.wording import listed, quoted
from kubectl_campaign.plugin_error import PluginError
from kubectl_campaign.seen_campaign import SeenCampaign

_RUN = re.compile(r"\d{8}T\d{4}")
_VERDICTS = {word.casefold(): word for word in (RESUBMIT, ABANDON, IGNORE)}
_FORM = "write ZONE=Resubmit, ZONE=Abandon or ZONE=ID, or RUN/ZONE=..."


def written_entries(seen: SeenCampaign, said: Sequence[str]) -> list[str]:
    """The entries for the annotation. Raises PluginError at the first that cannot be meant."""
    entries = [_entry(seen, each) for text in said for each in text.split(",") if each.strip()]
    if not entries:
        raise PluginError(_FORM)
    return entries


def open_windows(seen: SeenCampaign) -> Iterator[tuple[str, str]]:
    """Run and zone of each window of which a person may say what became of it."""
    for run in seen.status.runs:
        for window in run.windows:
            if can_be_resolved(window):
                yield run.id, window.time_zone


def _entry(seen: SeenCampaign, text: str) -> str:
    window, equals, verdict = (part.strip() for part in text.rpartition("="))
    if not (equals and window and verdict):
        raise PluginError(f"{quoted(text)}: {_FORM}")
    verdict = _VERDICTS.get(verdict.casefold(), verdict)
    first, _, rest = window.partition("/")
    if rest and (_RUN.fullmatch(first) or first == UNKNOWN):
        return f"{window}={verdict}"
    found = [(run, zone) for run, zone in open_windows(seen) if _is_meant(zone, window)]
    if not found:
        raise PluginError(f"{quoted(text)}: no window of {window} waits for a person; {_waiting(seen)}")
    if len(found) > 1:
        choices = " or ".join(f"{run}/{zone}" for run, zone in found)
        raise PluginError(f"{quoted(text)}: it can mean {choices}; name the run, too")
    (run, zone), *_ = found
    return f"{run}/{zone}={verdict}"


def _is_meant(zone: str, said: str) -> bool:
    word = said.casefold().replace(" ", "_")
    return zone.casefold() == word or zone.casefold().endswith(f"/{word}")


def _waiting(seen: SeenCampaign) -> str:
    waiting = [f"{run}/{zone}" for run, zone in open_windows(seen)]
    return f"these do: {listed(waiting)}" if waiting else f"none of {seen.title} does"
