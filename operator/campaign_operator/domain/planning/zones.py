"""The time zones a contact may be in, by the IANA names of the pinned `tzdata` package.

Owns which names are accepted, how one is loaded, and which name a mistyped one was probably meant to be.
Reads the package's own files only: the machine's zone files, TZ and PYTHONTZPATH must not matter, or the same
manifest would mean different hours on different machines. Reading installed package data counts as reading a
constant, not as I/O.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped] # carries no type information

from campaign_operator.wording import quoted

TZDATA_VERSION: str = tzdata.IANA_VERSION
"""The version of the IANA database in use, such as `2026f`."""

_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})

AMBIGUOUS_NAMES: Mapping[str, tuple[str, str]] = {
    "EST": ("America/New_York", "America/Panama"),
    "MST": ("America/Denver", "America/Phoenix"),
    "HST": ("America/Adak", "Pacific/Honolulu"),
}
"""Names that the database has for a standard time all year, and a list for a place: which place changes its clocks, and
which does not. EST5EDT and the like change them, and are accepted.
"""

ZONE_NAMES: frozenset[str] = (
    frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - _NOT_ZONES - AMBIGUOUS_NAMES.keys()
)
"""Every accepted name, canonical names and links alike, to be matched exactly."""

# No name is even half as long, and a comparison by likeness takes time with the length.
_LONGEST_GUESSED = 64
# High enough that no other place is taken for the one meant: "Bern" is 0.80 like "Berlin".
_LIKENESS = 0.85


_RULE = f"must be a valid time zone of the IANA database ({TZDATA_VERSION})"
_EXAMPLES = "use a name such as Europe/London or America/New_York"


class UnknownTimeZoneError(LookupError):
    """A name that is no zone of the IANA database. As text: a sentence with the value, the rule and the
    likely name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return unknown_zone_message(self.name)


@cache
def load_zone(name: str) -> ZoneInfo:
    """The zone of that name, from the `tzdata` package. Raises `UnknownTimeZoneError`."""
    if name not in ZONE_NAMES:
        raise UnknownTimeZoneError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def canonical_name(name: str) -> str:
    """The zone that `name` is a link to; the name itself where it is none, or no zone at all.

    A dialer may list a schedule under another name of its zone than that under which it was submitted.
    """
    return _canonical_names().get(name, name)


def other_names(name: str) -> frozenset[str]:
    """The other names of the same zone."""
    return _names_by_zone().get(canonical_name(name), frozenset()) - {name}


@cache
def _names_by_zone() -> Mapping[str, frozenset[str]]:
    names: dict[str, set[str]] = {}
    for name in ZONE_NAMES:
        names.setdefault(canonical_name(name), set()).add(name)
    return {zone: frozenset(of_zone) for zone, of_zone in names.items()}


@cache
def _canonical_names() -> Mapping[str, str]:
    lines = files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text("utf-8").splitlines()
    # L TARGET LINK, by zic(8); a target may be a link, too
    targets = {link: target for _, target, link in (line.split() for line in lines if line.startswith("L "))}

    def last(name: str) -> str:
        return last(targets[name]) if name in targets else name

    return {link: last(link) for link in targets}


def current_name(name: str) -> str:
    """The name itself if the database lists it for a country, else the one that it is a link to.

    Tables of others have names that the database gave up, such as Asia/Calcutta. The hours of a zone are by its exact
    name, and must not miss contacts for that.
    """
    return name if name in _listed_by_country() else canonical_name(name)


def zones_of_country(code: str | None) -> frozenset[str]:
    """The names that the database lists for a country, by its code of ISO 3166-1; none for an unknown one."""
    return _names_by_country().get(code or "", frozenset())


def unknown_zone_message(name: str) -> str:
    """Why `name` is refused and, where it is clear, which name was meant."""
    if name in AMBIGUOUS_NAMES:
        summer, fixed = AMBIGUOUS_NAMES[name]
        return (
            f"{quoted(name)} is standard time all year in the IANA database, which a list seldom means; use "
            f"{summer}, or {fixed} where there is no daylight saving time"
        )
    nearest = nearest_name(name)
    if nearest is not None:
        return f'Invalid value: {quoted(name)}: {_RULE}; did you mean "{nearest}"?'
    return f"Invalid value: {quoted(name)}: {_RULE}; {_EXAMPLES}"


def unshown_zone_message() -> str:
    """The same of a name that must not be shown. No likely name either, since it would tell what was there."""
    return f"{_RULE}; {_EXAMPLES}, without spaces around it"


@lru_cache(maxsize=1024)
def nearest_name(value: str) -> str | None:
    """The accepted name that a mistyped `value` was meant to be, or None where that would be a guess.

    Another case or spaces for underscores, the place without its continent, or a slip of a letter or two.
    Abbreviations (`PST`) and offsets (`GMT+2`, whose sign the database turns round) say too little to name a
    zone.
    """
    if len(value) > _LONGEST_GUESSED:
        return None
    wanted = _comparable(value)
    if wanted in _NAMES_BY_COMPARABLE:
        return _NAMES_BY_COMPARABLE[wanted]
    place = wanted.rpartition("/")[2]
    if place in _NAMES_BY_PLACE:
        return _the_one_meant(_NAMES_BY_PLACE[place])
    if re.fullmatch(r"[A-Z]{1,5}", value.strip()) or not re.fullmatch(r"[^\W\d]+(?:[-/.'_]+[^\W\d]+)*", wanted):
        return None
    return _most_like(wanted, _NAMES_BY_COMPARABLE) or _most_like_place(wanted)


def _comparable(name: str) -> str:
    return "_".join(name.replace("\\", "/").casefold().split())


def _most_like(wanted: str, candidates: Iterable[str]) -> str | None:
    likest = difflib.get_close_matches(wanted, candidates, n=1, cutoff=_LIKENESS)
    return _NAMES_BY_COMPARABLE[likest[0]] if likest else None


def _most_like_place(wanted: str) -> str | None:
    likest = difflib.get_close_matches(wanted, _NAMES_BY_PLACE, n=1, cutoff=_LIKENESS)
    return _the_one_meant(_NAMES_BY_PLACE[likest[0]]) if likest else None


def _the_one_meant(names: tuple[str, ...]) -> str | None:
    """Of several names of one place (America/Louisville, America/Kentucky/Louisville) the one listed for its
    country."""
    if len(names) == 1:
        return names[0]
    listed = [name for name in names if name in _listed_by_country()]
    return listed[0] if len(listed) == 1 else None


@cache
def _listed_by_country() -> frozenset[str]:
    return frozenset(name for names in _names_by_country().values() for name in names)


@cache
def _names_by_country() -> Mapping[str, frozenset[str]]:
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines()
    listed = [line.split("\t") for line in lines if not line.startswith("#")]
    return {
        code: frozenset(fields[2] for fields in listed if fields[0] == code) for code in {each[0] for each in listed}
    }


def _by_place() -> Mapping[str, tuple[str, ...]]:
    places: dict[str, tuple[str, ...]] = {}
    for comparable, name in sorted(_NAMES_BY_COMPARABLE.items()):
        region, _, place = comparable.rpartition("/")
        # Etc/GMT+2 and the like: an offset is no place.
        if region and not re.search(r"\d", place):
            places[place] = (*places.get(place, ()), name)
    return places


_NAMES_BY_COMPARABLE: Mapping[str, str] = {_comparable(name): name for name in ZONE_NAMES}
_NAMES_BY_PLACE = _by_place()
