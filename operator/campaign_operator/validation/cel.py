"""The Python twins of the CustomResourceDefinition's CEL rules.

A CEL rule can be run by the API server and by libraries that lack Kubernetes' own functions, such as isURL; see
docs/decisions/0023-validate-and-preview-without-a-cluster.md. So each rule of the schema has a twin here, found by the
rule's text, and a test fails when one has none. A rule that is a single `self.matches('...')` needs none: its pattern
is taken from the text. Rules about `oldSelf` are not applied: a manifest alone is no edit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from campaign_operator.api.calling_hours_spec import DEFAULT_END, DEFAULT_START


@dataclass(frozen=True, slots=True)
class CELRule:
    """A CEL rule of the schema."""

    text: str

    @property
    def is_about_an_edit(self) -> bool:
        """Whether it compares with the object as it was before."""
        return "oldSelf" in self.text

    @property
    def pattern(self) -> str | None:
        """The pattern of a rule that is `self.matches('...')` and nothing more."""
        found = re.fullmatch(r"self\.matches\('((?:[^'\\]|\\.)*)'\)", self.text, flags=re.DOTALL)
        return _unescaped(found.group(1)) if found else None

    @property
    def fields_read(self) -> frozenset[str] | None:
        """The fields whose values it looks at; None where it looks at the value as a whole. Whether a field is there,
        which `has` asks, can be told of a wrong one, too.
        """
        read = re.sub(r"has\(self\.\w+\)", "", self.text)
        as_a_whole = re.search(r"\bself\b(?!\.\w+\b(?!\())", read)
        return None if as_a_whole else frozenset(re.findall(r"\bself\.(\w+)", read))

    @property
    def has_a_twin(self) -> bool:
        """Whether it can be applied here, or need not be."""
        return self.is_about_an_edit or self.pattern is not None or self.text in _TWINS


def holds(rule: CELRule, value: Any) -> bool:
    """Whether the value, with its defaults, is as the rule says; the type has been checked."""
    if rule.is_about_an_edit:
        return True
    if rule.text in _TWINS:
        return _TWINS[rule.text](value)
    pattern = rule.pattern
    return pattern is None or _compiled(pattern).search(value) is not None


def _time_zone_only_in_same_instant(spec: Mapping[str, Any]) -> bool:
    return spec["startMode"] == "SameInstant" or "timeZone" not in spec


def _past_zones_only_skipped_by_recurring_runs(spec: Mapping[str, Any]) -> bool:
    return bool(spec["pastZones"] == "Wait" or spec["runPolicy"] == "Recurring")


def _start_before_end(hours: Mapping[str, Any]) -> bool:
    """CEL compares strings by their code points, as Python does."""
    return bool(hours["start"] < hours["end"])


def _start_before_end_by_default(hours: Mapping[str, Any]) -> bool:
    return bool(hours.get("start", DEFAULT_START) < hours.get("end", DEFAULT_END))


def _weekly_in_place_of_start_end_and_days(hours: Mapping[str, Any]) -> bool:
    return "weekly" not in hours or not any(name in hours for name in ("start", "end", "days"))


def _spans_apart(weekly: Sequence[Mapping[str, Any]]) -> bool:
    return all(sum(_overlap(one, other) for other in weekly) < 2 for one in weekly)


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    overlaps = one["start"] < other["end"] and other["start"] < one["end"]
    return overlaps and not set(one["days"]).isdisjoint(other["days"])


def _contacts_or_contacts_from(spec: Mapping[str, Any]) -> bool:
    return ("contacts" in spec) != ("contactsFrom" in spec)


def _one_place(source: Mapping[str, Any]) -> bool:
    return sum(name in source for name in ("configMapKeyRef", "secretKeyRef", "url")) == 1


def _two_columns(source: Mapping[str, Any]) -> bool:
    return bool(source["idColumn"] != source["timeZoneColumn"])


def _phone_column_of_its_own(source: Mapping[str, Any]) -> bool:
    return source.get("phoneColumn") not in (source["idColumn"], source["timeZoneColumn"])


def _region_of_phone_numbers(source: Mapping[str, Any]) -> bool:
    return "phoneColumn" in source or "defaultRegion" not in source


def _bounded_aliases(aliases: Mapping[str, Any]) -> bool:
    return all(0 < len(value) <= 64 for value in aliases)


def _address_or_secret(url: Mapping[str, Any]) -> bool:
    return ("address" in url) != ("secretRef" in url)


def _https_url_with_a_host(url: str) -> bool:
    return is_url(url) and re.search(r"^https://[^/?#@]+([/?#].*)?\Z", url) is not None


_TWINS: Mapping[str, Callable[[Any], bool]] = {
    "self.startMode == 'SameInstant' || !has(self.timeZone)": _time_zone_only_in_same_instant,
    "has(self.contacts) != has(self.contactsFrom)": _contacts_or_contacts_from,
    "self.pastZones == 'Wait' || self.runPolicy == 'Recurring'": _past_zones_only_skipped_by_recurring_runs,
    "[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.url)].exists_one(given, given)": _one_place,
    "self.idColumn != self.timeZoneColumn": _two_columns,
    "!has(self.phoneColumn) || (self.phoneColumn != self.idColumn && self.phoneColumn != self.timeZoneColumn)": (
        _phone_column_of_its_own
    ),
    "has(self.phoneColumn) || !has(self.defaultRegion)": _region_of_phone_numbers,
    "self.all(value, size(value) > 0 && size(value) <= 64)": _bounded_aliases,
    "has(self.address) != has(self.secretRef)": _address_or_secret,
    "self.start < self.end": _start_before_end,
    "(has(self.start) ? self.start : '08:00') < (has(self.end) ? self.end : '21:00')": _start_before_end_by_default,
    "!has(self.weekly) || !(has(self.start) || has(self.end) || has(self.days))": (
        _weekly_in_place_of_start_end_and_days
    ),
    "self.all(a, self.filter(b, a.start < b.end && b.start < a.end && "
    "a.days.exists(day, day in b.days)).size() < 2)": _spans_apart,
    "isURL(self) && self.matches('^https://[^/?#@]+([/?#].*)?$')": _https_url_with_a_host,
}


def is_url(text: str) -> bool:
    """Kubernetes' isURL, which is Go's url.ParseRequestURI, for what an https URL can be.

    Paths without a host, and URLs with user information, are told as no URL; no rule of ours takes them.
    https://github.com/kubernetes/apiserver/blob/master/pkg/cel/library/urls.go
    """
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text)
    if found is None or re.search(r"[\x00-\x1f\x7f]", text):
        return False
    before_query = text[found.end() :].partition("?")[0]
    host, slash, path = before_query.partition("/")
    return _is_host(host) and not re.search(r"%(?![0-9A-Fa-f]{2})", slash + path)


def _is_host(host: str) -> bool:
    """A name or an address, and a port: Go percent-decodes only what is not ASCII."""
    if host.startswith("["):
        address, bracket, port = host[1:].rpartition("]")
        return bracket == "]" and _is_port(port) and _is_ipv6(address)
    name, colon, digits = host.partition(":")
    return _is_port(colon + digits) and _is_plain(name)


def _is_plain(name: str) -> bool:
    return (
        re.fullmatch(r"(?:[A-Za-z0-9\-_.~!$&'()*+,;=<>\"\]\u0080-\U0010ffff]|%[89A-Fa-f][0-9A-Fa-f])*", name)
        is not None
    )


def _is_port(text: str) -> bool:
    return re.fullmatch(r"(?::[0-9]*)?", text) is not None


def _is_ipv6(text: str) -> bool:
    address, percent, zone = text.partition("%25")
    if "%" in address:
        return False
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return not percent or (zone != "" and _is_plain(zone))


def _unescaped(literal: str) -> str:
    """The text of a CEL string literal; of its escapes our rules have the backslash and the quote."""
    return re.sub(r"\\(.)", r"\1", literal)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """RE2's `$` is the end of the text, Python's also stands before a last line break; its `\\S` knows ASCII only."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)
