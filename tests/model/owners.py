"""Several resources with one campaign at one dialer, and the looks at each other by which one of them owns it.

Each has one operator; that several operators of one resource send once is what the other model is about. The resources
are in the order of their age, the oldest first. A look after the intent shows what was written before that intent, by a
LIST or by the watch, and what is made of it may come much later. By the watch, it may not show a campaign to which
nobody has written. Time is abstract: the end of a window is near from a settling time before it, and until then every
right to send that was taken before the end was near has lapsed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from campaign_operator.api.vocabulary import WindowState
from model.exploration import Exploration, Found, Step

PLANNED = WindowState.PLANNED.value
INTENT = WindowState.INTENT.value
UNCERTAIN = WindowState.UNCERTAIN.value
THERE = WindowState.SUBMITTED.value
ENDING, OVER = "its end is near", "it has ended"

TELLING = (INTENT, UNCERTAIN, THERE, ENDING)
"""What in a status tells of schedules at the dialer."""


class LookOmission(StrEnum):
    """A rule that is left out, or broken; in words that say what is done then."""

    NO_SECOND_LOOK = "nobody looks between the intent and the request"
    OLDER_INTENT_WINS = "after the intent only who is older is given way to"
    INTENT_DOES_NOT_COUNT = "after the intent only what is submitted is given way to"
    OWNS_TO_THE_END = "who has schedules does not look, however soon they end"
    UNREAD_DOES_NOT_COUNT = "after the intent nobody counts whom the watch alone has told of"
    SECRET_NEEDED = "who has schedules counts only while its Secret is there"
    TOKEN_IS_A_CLAIM = "who is older counts though the dialer refuses its credentials"
    ADOPTS_UNSEEN = "what the dialer lists is adopted before anybody looks whose it is"


class Owned(NamedTuple):
    """One resource: the states of its windows, whether its Secret is there, and whether no operator has ever written to
    it.
    """

    windows: tuple[str, ...]
    has_secret: bool = True
    is_new: bool = True


class Sender(NamedTuple):
    """Its operator, and what it is about to do. `owns`: it has no need to look, which it found before an end was near,
    unless it is `late`. `looks_first`: it has met others, and looks before each intent from now on.
    """

    doing: str = "idle"
    window: int = -1
    owns: bool = False
    late: bool = False
    looks_first: bool = False

    def at_rest(self, *, met_others: bool = False) -> "Sender":
        """The same operator, which is about to do nothing."""
        return Sender(looks_first=self.looks_first or met_others)


class Owners(NamedTuple):
    """Everything. `standing` and `requests` are pairs of a resource and a window. The last four are how often an answer
    about a rival does not come in time, an operator crashes, a window ends, and a Secret is deleted.
    """

    resources: tuple[Owned, ...]
    senders: tuple[Sender, ...]
    standing: frozenset[tuple[int, int]] = frozenset()
    requests: frozenset[tuple[int, int]] = frozenset()
    silences: int = 0
    crashes: int = 0
    ends: int = 0
    deletions: int = 0


@dataclass(frozen=True)
class Rivalry:
    """One configuration: for each resource whether the dialer accepts its credentials; the others are strangers."""

    accepted: tuple[bool, ...]
    windows: int = 1
    silences: int = 0
    crashes: int = 0
    ends: int = 0
    deletions: int = 0
    omitted: LookOmission | None = None

    def start(self) -> Owners:
        """The state that everything begins in."""
        count = len(self.accepted)
        budget = (self.silences, self.crashes, self.ends, self.deletions)
        resources = (Owned((PLANNED,) * self.windows),) * count
        return Owners(resources, (Sender(),) * count, frozenset(), frozenset(), *budget)

    def search(self) -> Found:
        """All of it, or the first violation."""
        return Exploration(self.start(), self._steps).run(_violation, self._is_settled)

    def _steps(self, world: Owners) -> Iterator[Step[Owners]]:
        for i, sender in enumerate(world.senders):
            name = f"resource {i}"
            if sender.doing == "idle":
                yield from self._looks(world, i, name)
            else:
                yield from self._goes_on(world, i, name)
                if world.crashes:
                    crashed = world._replace(crashes=world.crashes - 1)
                    yield f"the operator of {name} crashes", _with(crashed, i, Sender()), False
            yield from self._time(world, i, name)
        for request in world.requests:
            rest = world._replace(requests=world.requests - {request})
            yield "a request is lost", rest, True
            yield "a request is carried out, unanswered", rest._replace(standing=world.standing | {request}), True

    def _looks(self, world: Owners, i: int, name: str) -> Iterator[Step[Owners]]:
        resource = world.resources[i]
        if INTENT in resource.windows:
            yield f"{name}: an intent is uncertain", _changed(world, i, resource.windows.index(INTENT), UNCERTAIN), True
            return
        if not resource.has_secret or not self.accepted[i]:
            return
        if UNCERTAIN in resource.windows:
            w = resource.windows.index(UNCERTAIN)
            if (i, w) not in world.requests:
                found = THERE if (i, w) in world.standing else PLANNED
                yield f"{name}: an uncertain window is looked up", _changed(world, i, w, found), True
            return
        if PLANNED in resource.windows:
            yield from self._first_look(world, i, name)

    def _first_look(self, world: Owners, i: int, name: str) -> Iterator[Step[Owners]]:
        windows = world.resources[i].windows
        w, sender = windows.index(PLANNED), world.senders[i]
        begun = sender._replace(doing="begun", window=w)
        is_late = ENDING in windows and self.omitted is LookOmission.OWNS_TO_THE_END
        if THERE in windows or is_late:
            owning = begun._replace(owns=True, late=THERE not in windows)
            yield f"{name} has schedules", _with(world, i, owning), True
            return
        if not sender.looks_first:
            yield from self._listing_first(world, i, name, begun)
        if not any(self._tells(world, j) for j in self._others(i)):
            begun = begun._replace(looks_first=True)
            older = [j for j in range(i) if self._claims(world, j)]
            if not older:
                yield f"{name} finds no owner", _with(world, i, begun), True
            elif world.silences:
                silent = world._replace(silences=world.silences - 1)
                yield f"{name} gets no answer about its owner", _with(silent, i, begun), False

    def _listing_first(self, world: Owners, i: int, name: str, begun: Sender) -> Iterator[Step[Owners]]:
        """Where the dialer's listing, however old, has nothing to adopt, nobody is looked for before the intent."""
        yield f"{name} knows of nothing at the dialer", _with(world, i, begun), True
        if self.omitted is LookOmission.ADOPTS_UNSEEN and any(w == begun.window for _, w in world.standing):
            adopted = _changed(world, i, begun.window, THERE)
            yield f"{name} adopts", adopted._replace(standing=world.standing | {(i, begun.window)}), True

    def _others(self, i: int) -> Iterator[int]:
        return (j for j in range(len(self.accepted)) if j != i)

    def _tells(self, world: Owners, j: int) -> bool:
        other = world.resources[j]
        if self.omitted is LookOmission.SECRET_NEEDED and not other.has_secret:
            return False
        return any(state in TELLING for state in other.windows)

    def _claims(self, world: Owners, j: int) -> bool:
        accepted = self.accepted[j] or self.omitted is LookOmission.TOKEN_IS_A_CLAIM
        other = world.resources[j]
        return accepted and other.has_secret and any(state != OVER for state in other.windows)

    def _goes_on(self, world: Owners, i: int, name: str) -> Iterator[Step[Owners]]:
        sender = world.senders[i]
        w, place = sender.window, (i, sender.window)
        if sender.doing == "begun":
            intended = _with(world, i, sender._replace(doing="intends"))
            yield f"{name} writes its intent", _changed(intended, i, w, INTENT), True
        elif sender.doing == "intends":
            found = [j for j in self._others(i) if self._is_in_the_way(world, i, j)]
            nobody_is_read = self.omitted is LookOmission.UNREAD_DOES_NOT_COUNT
            by_watch = [j for j in found if not (world.resources[j].is_new or nobody_is_read)]
            if sender.owns or not by_watch:
                yield f"{name} finds nobody in its way", _with(world, i, sender._replace(doing="sends")), True
            if found and not sender.owns:
                aware = sender.at_rest(met_others=True)
                yield f"{name} puts its intent back", _changed(_with(world, i, aware), i, w, PLANNED), True
        elif sender.doing == "sends":
            rest = sender.at_rest()
            yield f"{name}: a right to send lapses", _changed(_with(world, i, rest), i, w, PLANNED), True
            sent = _with(world, i, sender._replace(doing="sent"))
            yield f"{name}: a request leaves", sent._replace(requests=world.requests | {place}), True
        elif sender.doing == "sent":
            unknown = _changed(_with(world, i, sender.at_rest()), i, w, UNCERTAIN)
            yield f"{name}: a request times out", unknown, True
            if place in world.requests:
                done = _changed(_with(world, i, sender.at_rest()), i, w, THERE)
                yield (
                    f"{name}: a request is carried out and answered",
                    done._replace(requests=world.requests - {place}, standing=world.standing | {place}),
                    True,
                )

    def _is_in_the_way(self, world: Owners, i: int, j: int) -> bool:
        if self.omitted is LookOmission.NO_SECOND_LOOK:
            return False
        if j < i and not world.senders[i].looks_first and any(s != OVER for s in world.resources[j].windows):
            return True  # nobody has asked yet whether the dialer accepts it
        if self.omitted is LookOmission.OLDER_INTENT_WINS and j > i:
            return False
        if self.omitted is LookOmission.INTENT_DOES_NOT_COUNT:
            return any(state in (THERE, ENDING) for state in world.resources[j].windows)
        return self._tells(world, j)

    def _time(self, world: Owners, i: int, name: str) -> Iterator[Step[Owners]]:
        for w, state in enumerate(world.resources[i].windows):
            if state == THERE and world.ends:
                near = world._replace(ends=world.ends - 1)
                yield f"{name}: the end of a window is near", _changed(near, i, w, ENDING), True
            if state == ENDING and not (_has_sent_as_owner(world, i) or any(r[0] == i for r in world.requests)):
                ended = _changed(_lapsed(world, i), i, w, OVER)
                yield f"{name}: a window ends", ended._replace(standing=world.standing - {(i, w)}), True
        if world.deletions and world.resources[i].has_secret:
            gone = _resource(world, i, world.resources[i]._replace(has_secret=False))
            yield f"the Secret of {name} is deleted", gone._replace(deletions=world.deletions - 1), False

    def _is_settled(self, world: Owners) -> bool:
        """An accepted campaign has all its schedules, or one that can do nothing any more has some."""
        if world.requests or any(sender.doing != "idle" for sender in world.senders):
            return False
        able = [r for r, accepted in zip(world.resources, self.accepted, strict=True) if accepted and r.has_secret]
        if not able or any(not r.has_secret and any(s in TELLING for s in r.windows) for r in world.resources):
            return True
        return any(not {PLANNED, INTENT, UNCERTAIN} & {*r.windows} for r in able)


def _violation(world: Owners) -> str | None:
    if len({i for i, _ in world.standing}) > 1:
        return "two resources have schedules of one campaign"
    return None


def _has_sent_as_owner(world: Owners, i: int) -> bool:
    sender = world.senders[i]
    return sender.doing == "sent" and sender.owns and not sender.late


def _lapsed(world: Owners, i: int) -> Owners:
    """What an operator found before an end was near entitles it to nothing at that end."""
    sender = world.senders[i]
    if not sender.owns or sender.late:
        return world
    world = _with(world, i, sender.at_rest())
    return world if sender.doing == "begun" else _changed(world, i, sender.window, PLANNED)


def _with(world: Owners, i: int, sender: Sender) -> Owners:
    return world._replace(senders=(*world.senders[:i], sender, *world.senders[i + 1 :]))


def _changed(world: Owners, i: int, w: int, state: str) -> Owners:
    windows = world.resources[i].windows
    changed = (*windows[:w], state, *windows[w + 1 :])
    return _resource(world, i, world.resources[i]._replace(windows=changed, is_new=False))


def _resource(world: Owners, i: int, resource: Owned) -> Owners:
    return world._replace(resources=(*world.resources[:i], resource, *world.resources[i + 1 :]))
