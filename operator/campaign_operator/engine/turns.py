"""Which campaign is looked at next: those that wait have turns, by namespace and by why they wait.

Owns the order. Each namespace has two rows: one for what is due by the clock, one for what a watch has told of. Rows
are served one after the other, so a namespace with a thousand waiting gets no more turns than one with one, and what is
due waits behind no burst of changes. Within a row: first come, first served.
"""

from collections import OrderedDict
from collections.abc import Callable

from campaign_operator.domain.campaigns.campaign import CampaignRef


class Turns:
    """Campaigns that wait, each once. Takes no task and no time for those whose turn has not come."""

    def __init__(self) -> None:
        # In the order of turns: the row that was served last is at the end. A plain dict would look at every item that
        # was taken before to find the first.
        self._rows: OrderedDict[tuple[str, bool], OrderedDict[CampaignRef, None]] = OrderedDict()
        self._due: dict[CampaignRef, bool] = {}

    def __len__(self) -> int:
        return len(self._due)

    def put(self, ref: CampaignRef, *, due: bool) -> None:
        """Let it wait for its turn. What waits already keeps its place, unless it has become due."""
        earlier = self._due.get(ref)
        if earlier is None or (due and not earlier):
            if earlier is not None:
                self._take_from((ref.namespace, earlier), ref)
            self._due[ref] = due
            self._rows.setdefault((ref.namespace, due), OrderedDict())[ref] = None

    def take(self, has_room: Callable[[str], bool]) -> CampaignRef | None:
        """The next whose namespace has room; None where none has."""
        for row in self._rows:
            if has_room(row[0]):
                ref = next(iter(self._rows[row]))
                del self._due[ref]
                self._take_from(row, ref)
                if row in self._rows:
                    self._rows.move_to_end(row)
                return ref
        return None

    def _take_from(self, row: tuple[str, bool], ref: CampaignRef) -> None:
        waiting = self._rows[row]
        del waiting[ref]
        if not waiting:
            del self._rows[row]
