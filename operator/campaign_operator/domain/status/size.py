"""How large a campaign is as etcd keeps it, and what goes first from a status that is too large.

etcd refuses what is larger than 1.5 MiB (https://etcd.io/docs/v3.6/dev-guide/limit/), and a status that cannot be
written stops its campaign. So room is kept when a run is planned, and messages give way, the longest first: no words of
a dialer may keep a schedule from being put on record.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic_core import to_json

from campaign_operator.api.status import OutboundCampaignStatus, RunStatus
from campaign_operator.api.vocabulary import MAX_HISTORY
from campaign_operator.domain.campaigns import runs
from campaign_operator.domain.status.record import AnyRun
from campaign_operator.wording import cut

MOST_BYTES = 1_200_000
"""The most that the whole object may take."""

_WINDOW_BYTES = 480
"""A window without its message, with the longest zone and schedule id."""

_RUN_BYTES = 1_150
"""A run without its windows."""

_REST_BYTES = 60_000
"""Conditions, history and all else of a status, with messages that were cut."""

_SURELY_SMALL_BYTES = 600_000
_ESCAPED_BYTES = 6
_MESSAGE_LENGTHS = (512, 256, 128, 64, 0)

TOO_LARGE = (
    f"spec.contacts: Too long: with its status, the resource would be larger than {MOST_BYTES:,} bytes, which the API "
    "server refuses; shorten the ids, remove annotations, or move the contacts to a list (spec.contactsFrom)"
)


def encoded_bytes(value: Mapping[str, object]) -> int:
    """How many bytes an object takes as JSON in etcd, where `<`, `>` and `&` are six bytes each."""
    encoded = to_json(value)
    escaped = sum(encoded.count(character) for character in (b"<", b">", b"&"))
    return len(encoded) + escaped * (_ESCAPED_BYTES - 1)


def most_windows(other_bytes: int, count: int) -> int:
    """How many windows fit into a resource with so many runs; `other_bytes` is all but its status."""
    return (MOST_BYTES - other_bytes - needed_for(0, count)) // _WINDOW_BYTES


def needed_for(windows: int, count: int) -> int:
    """How many bytes a status of so many windows in so many runs takes at the most, its messages cut."""
    return windows * _WINDOW_BYTES + count * _RUN_BYTES + _REST_BYTES


def cut_to_size(status: OutboundCampaignStatus, other_bytes: int, now: datetime) -> OutboundCampaignStatus:
    """The status, cut so that it fits beside the rest of the object: messages, then windows of runs that only wait for
    calls, the oldest first, then history.
    """
    if other_bytes + _at_most(status) <= _SURELY_SMALL_BYTES:
        return status
    room = MOST_BYTES - other_bytes
    for length in _MESSAGE_LENGTHS:
        if encoded_bytes(status.to_wire()) <= room:
            return status
        status = _with_messages_of(status, length)
    for run in status.runs:
        if encoded_bytes(status.to_wire()) <= room:
            return status
        if runs.waits_for_calls(run, now) or runs.is_over(run, now):
            bare = run.model_copy(update={"windows": ()})
            status = status.model_copy(update={"runs": tuple(bare if each is run else each for each in status.runs)})
    if encoded_bytes(status.to_wire()) <= room:
        return status
    return status.model_copy(update={"history": status.history[:MAX_HISTORY]})


def _at_most(status: OutboundCampaignStatus) -> int:
    """An estimate that needs no encoding, since most statuses are small and each is written many times."""
    windows = [w for run in status.runs for w in run.windows]
    words = sum(len(w.message or "") for w in windows) + sum(len(c.message) for c in status.conditions)
    ended = [run.webhook for run in (*status.runs, *status.history) if run.webhook is not None]
    words += sum(len(hook.message or "") for hook in ended)
    return needed_for(len(windows), len(status.runs) + len(status.history)) + words * _ESCAPED_BYTES


def _with_messages_of(status: OutboundCampaignStatus, length: int) -> OutboundCampaignStatus:
    return status.model_copy(
        update={
            "runs": tuple(_run(run, length) for run in status.runs),
            "history": tuple(_told(run, length) for run in status.history),
            "conditions": tuple(
                c.model_copy(update={"message": cut(c.message, max(length, 64))}) for c in status.conditions
            ),
            "waiting_resolutions": tuple(
                w.model_copy(update={"message": _cut(w.message, length)}) for w in status.waiting_resolutions
            ),
        }
    )


def _run(run: RunStatus, length: int) -> RunStatus:
    windows = tuple(w.model_copy(update={"message": _cut(w.message, length)}) for w in run.windows)
    return _told(run.model_copy(update={"windows": windows}), length)


def _told(run: AnyRun, length: int) -> AnyRun:
    hook = run.webhook
    if hook is None:
        return run
    return run.model_copy(update={"webhook": hook.model_copy(update={"message": _cut(hook.message, length)})})


def _cut(message: str | None, length: int) -> str | None:
    return None if message is None or length == 0 else cut(message, length)
