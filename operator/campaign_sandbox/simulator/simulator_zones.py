"""The time zones the simulated dialer accepts.

Reads the pinned tzdata package and nothing else: the machine's own zone files differ from place to place,
and must not decide what is accepted. It shares no code with the operator's own time arithmetic: a judge
that shared it would share its mistakes.
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_NOT_A_PLACE = "Factory"


@cache
def zone_names() -> frozenset[str]:
    """Every name and link of the IANA database, as spelled there."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(names) - {_NOT_A_PLACE}


@cache
def zone_linked_to(name: str) -> str:
    """The zone that `name` is a link to in the IANA database, or the name itself."""
    while name in _links():
        name = _links()[name]
    return name


@cache
def _links() -> dict[str, str]:
    lines = files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="ascii").splitlines()
    return {link: target for kind, target, link in (line.split() for line in lines if line[:2] == "L ")}


@cache
def zone(name: str) -> ZoneInfo:
    """The rules of the zone `name`. Raises KeyError for what is not in `zone_names`."""
    if name not in zone_names():
        raise KeyError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)
