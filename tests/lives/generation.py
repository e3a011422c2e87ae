"""Makes lives by chance: the same life for the same seed. Pure."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lives.life import Act, Ask, Away, Death, Deletion, Edit, Hours, Life, Outage, Terms, Trouble

ZONES = (
    *("Pacific/Kiritimati", "Pacific/Auckland", "Asia/Tokyo", "Asia/Kolkata", "Asia/Dubai", "Europe/Berlin"),
    *("Europe/London", "America/Sao_Paulo", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu"),
    "Pacific/Pago_Pago",
)
_HOUR = 3600
_WHOLE_LAG_SECONDS = 59
"""A settling time less a second: as far as the listing may lag."""

_LOST = ({"kind": "reset", "carryOut": True}, {"kind": "answer", "status": 500, "carryOut": True}, {"kind": "cut"})
_REFUSED = (
    {"kind": "reset", "carryOut": False},
    {"kind": "answer", "status": 503},
    {"kind": "answer", "status": 429, "headers": {"Retry-After": "90"}},
    {"kind": "answer", "status": 429},
)


def life_of(seed: int) -> Life:
    """The life of that seed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets, and to be repeated
    begins = datetime(2027, 1, 4, tzinfo=UTC) + timedelta(minutes=chance.randrange(360 * 24 * 60))
    ends = begins + timedelta(hours=chance.randrange(30, 73))
    terms = _terms(chance)
    quiet = chance.random() < 0.3
    acts: list[Act] = []
    now = terms
    for moment in sorted(_moment(chance, begins, ends) for _ in range(chance.randrange(1, 7))):
        act = _act(chance, moment, now, quiet=quiet)
        if isinstance(act, Edit):
            now = act.terms
        acts.append(act)
    if chance.random() < 0.7:
        acts.append(Deletion(at=ends - timedelta(hours=1)))
    away = [act.at + timedelta(seconds=act.seconds) for act in acts if isinstance(act, Away | Outage)]
    return Life(
        seed=seed,
        begins=begins,
        ends=max([ends, *(moment + timedelta(hours=1) for moment in away)]),
        terms=terms,
        orphans=chance.random() < 0.2,
        lag_seconds=chance.choice((0, _WHOLE_LAG_SECONDS)),
        acts=tuple(acts),
    )


def _moment(chance: random.Random, begins: datetime, ends: datetime) -> datetime:
    """Any second of a life, and often one shortly after its beginning, when most is submitted."""
    hours = 2.0 if chance.random() < 0.2 else (ends - begins).total_seconds() / _HOUR - 2
    return begins + timedelta(seconds=chance.randrange(1, int(hours * _HOUR)))


def _terms(chance: random.Random) -> Terms:
    return Terms(
        zones=_zones(chance),
        clock_hours=_clock_hours(chance),
        minute=chance.choice((0, 0, 30, 45)),
        days=_days(chance),
        window_seconds=chance.choice((1800, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR)),
        hours=_hours(chance),
        ahead_seconds=chance.choice((4, 12, 24, 24, 48)) * _HOUR,
        recurring=chance.random() < 0.85,
    )


def _zones(chance: random.Random) -> tuple[str, ...]:
    return tuple(sorted(chance.sample(ZONES, chance.choice((1, 2, 2, 3, 3, 4)))))


def _clock_hours(chance: random.Random) -> tuple[int, ...]:
    return tuple(sorted(chance.sample(range(7, 20), chance.choice((1, 1, 2, 2, 3, 4)))))


def _days(chance: random.Random) -> tuple[int, ...]:
    return tuple(range(7)) if chance.random() < 0.7 else tuple(sorted(chance.sample(range(7), chance.randrange(3, 7))))


def _hours(chance: random.Random) -> Hours:
    days = tuple(range(7)) if chance.random() < 0.7 else tuple(range(5))
    return Hours(chance.choice((7, 8, 9)), chance.choice((17, 20, 21, 22)), days, chance.random() < 0.7)


def _act(chance: random.Random, at: datetime, now: Terms, *, quiet: bool) -> Act:
    if quiet or chance.random() < 0.5:
        return Ask(at=at) if chance.random() < 0.1 else Edit(at=at, terms=_edited(chance, now))
    return chance.choice(_MISHAPS)(chance, at)


def _edited(chance: random.Random, now: Terms) -> Terms:
    if now.suspended:
        return replace(now, suspended=False)
    changes = (
        lambda: replace(now, suspended=True),
        lambda: replace(now, suspended=True),
        lambda: replace(now, clock_hours=_clock_hours(chance)),
        lambda: replace(now, zones=_zones(chance)),
        lambda: replace(now, hours=_hours(chance)),
        lambda: replace(now, window_seconds=chance.choice((1800, 3 * _HOUR))),
        lambda: replace(now, recurring=now.recurring and chance.random() < 0.7, days=_days(chance)),
    )
    return chance.choice(changes)()


def _away(chance: random.Random, at: datetime) -> Act:
    return Away(at=at, seconds=chance.choice((0, 30, _HOUR, 6 * _HOUR)))


def _death(chance: random.Random, at: datetime) -> Act:
    doing = chance.choice(("write", "submit", "cancel"))
    return Death(at=at, doing=doing, after=chance.randrange(4), carried_out=chance.random() < 0.5)


def _trouble(chance: random.Random, at: datetime) -> Act:
    call = chance.choice(("submit", "submit", "cancel", "list", "analytics"))
    effects = _REFUSED if call in ("list", "analytics") else (*_LOST, *_REFUSED)
    return Trouble(
        at=at, call=call, effect=chance.choice(effects), after=chance.randrange(3), times=chance.randrange(1, 4)
    )


def _outage(chance: random.Random, at: datetime) -> Act:
    return Outage(at=at, seconds=chance.choice((300, _HOUR, 3 * _HOUR)))


_MISHAPS = (_away, _death, _death, _trouble, _trouble, _trouble, _outage)
