"""Writing the annotation that resolves held windows, and waiting for the Events that answer it.

Owns the order: the place in the stream of Events is taken before the annotation is written, so that no answer is
missed. Events are best effort, so the status has the last word where none comes.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaign_operator.api.conditions import Reason
from campaign_operator.api.vocabulary import RESOLVE_ANNOTATION
from campaign_operator.domain.status.resolution import remembered
from campaign_operator.wording import listed, printable
from kubectl_campaign.operator_answers import NoAnswerInTimeError, await_campaign
from kubectl_campaign.resolution_entries import written_entries
from kubectl_campaign.seen_campaign import SeenCampaign
from kubectl_campaign.user_cluster import UserCluster

_ANSWERS = {Reason.RESOLVED: True, Reason.RESOLUTION_REJECTED: False}
_FOR_THE_REMOVAL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ResolutionAnswer:
    """What became of one entry, in the operator's words."""

    is_done: bool
    message: str

    def __str__(self) -> str:
        return printable(f"{Reason.RESOLVED if self.is_done else Reason.RESOLUTION_REJECTED}: {self.message}")


def resolved_windows(
    cluster: UserCluster, name: str, said: Sequence[str], seconds: float
) -> Iterator[ResolutionAnswer]:
    """Write what is said, and give the answers as they come. Raises PluginError."""
    seen = SeenCampaign.of(cluster.campaign(name))
    entries = written_entries(seen, said)
    value = ",".join(entries)
    if seen.status.last_handled_resolve == remembered(value):
        _take_away(cluster, name)
    since = cluster.last_event_version(seen.uid) if seconds else ""
    cluster.patch(name, _annotated(value))
    if seconds:
        yield from _answers(cluster, seen, entries, since, seconds)


def _take_away(cluster: UserCluster, name: str) -> None:
    """The operator carries out each value once; to say the same again, the value must have been gone."""
    cluster.patch(name, _annotated(None))
    await_campaign(
        cluster,
        name,
        lambda seen: seen.status.last_handled_resolve is None,
        _FOR_THE_REMOVAL_SECONDS,
        "the operator has not let go of the same value that was there before",
    )


def _annotated(value: str | None) -> dict[str, object]:
    return {"metadata": {"annotations": {RESOLVE_ANNOTATION: value}}}


def _answers(
    cluster: UserCluster, seen: SeenCampaign, entries: Sequence[str], since: str, seconds: float
) -> Iterator[ResolutionAnswer]:
    open_entries, end = list(entries), time.monotonic() + seconds
    while open_entries and (left := end - time.monotonic()) > 0:
        for _, event in cluster.watch_events(seen.uid, since, left):
            since = event["metadata"]["resourceVersion"]
            message, is_done = str(event.get("message", "")), _ANSWERS.get(event.get("reason", ""))
            answered = [entry for entry in open_entries if entry in message]
            if is_done is None or not answered:
                continue
            open_entries = [entry for entry in open_entries if entry not in answered]
            yield ResolutionAnswer(is_done, message)
            if not open_entries:
                return
    if open_entries:
        raise NoAnswerInTimeError(_unanswered(SeenCampaign.of(cluster.campaign(seen.name)), open_entries, seconds))


def _unanswered(seen: SeenCampaign, entries: Sequence[str], seconds: float) -> str:
    names = listed(list(entries))
    if seen.status.waiting_resolutions:
        why = seen.status.waiting_resolutions[0].message or "the operator reads it next"
        return f"{names}: waits for the dialer's listing after {seconds:g} s: {why}"
    if seen.status.last_handled_resolve is not None:
        return f"{names}: handled, but no Event says how; see `kubectl campaign status {seen.name}`"
    return f"{names}: not handled after {seconds:g} s; the annotation stays. Check that an operator runs"
